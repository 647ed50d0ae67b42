"""The technician's command: `semarak-bench probe`, `talk`, `check`, `emulate`, `discover` and others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from drivers.bench.probe import Findings, Stage
from drivers.bench.probe import probe as try_out
from drivers.driver import DriverSpec
from drivers.emulators.clock import RealClock
from drivers.links.dial import dial
from drivers.model import Device, Name
from drivers.registry import DRIVERS

main = typer.Typer(no_args_is_help=True, add_completion=False, help="The technician's tool of Semarak.")
_APPS = {
    "emulate": ("drivers.bench.emulate", "Run emulated devices on real sockets."),
    "registers": ("drivers.bench.registers", "Show a Modbus device's registers through every type and order."),
    "ports": ("drivers.bench.ports", "List the serial ports of this machine, by names that outlive a re-plug."),
    "talk": ("drivers.bench.talk", "Talk to a device by hand, and keep good exchanges."),
    "check": ("drivers.bench.check", "Prove a profile or a driver: form, examples, and itself against its emulator."),
    "vectors": ("drivers.bench.vectors", "Feed golden bytes through the codecs."),
    "discover": ("drivers.bench.discover", "Ask the network, or a serial bus, who is there."),
    "scenario": ("drivers.bench.scenario", "Play a story on the simulated field."),
}
"""Commands that are typer apps of their own, with the module of each: only the one that is called is imported."""
_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@main.command()
def probe(
    driver: Annotated[str, typer.Argument(help=f"One of {', '.join(DRIVERS)}.")],
    url: Annotated[
        str, typer.Argument(help="Where the device is, as tcp://192.0.2.21:9990; the port may be left out.")
    ],
    option: Annotated[list[str] | None, typer.Option(help="A driver's option, as id=3; may be given again.")] = None,
) -> None:
    """Try a device step by step: resolve, open, greeting, hello, poll; tell what it says, and where it fails."""
    spec = DRIVERS.get(driver)
    if spec is None:
        raise typer.BadParameter(f"no driver is called {driver!r}; the drivers are {', '.join(DRIVERS)}")
    device = Device("probe", Name(driver, driver), driver, url, options_of(spec, option or []))
    findings = asyncio.run(try_out(device, spec, dial=dial, clock=RealClock()))
    for line in report(findings):
        typer.echo(line)
    if not findings.good:
        raise typer.Exit(1)


def report(findings: Findings) -> Sequence[str]:
    """Return the lines that a technician reads: the stages, the values, and the last bytes both ways."""
    lines = [line for stage in findings.stages for line in _stage(stage)]
    lines += [f"  {name} = {value}" for name, value in sorted(findings.values.items())]
    arrows = {"sent": ">", "received": "<"}
    lines += [f"  {arrows[each.direction]} {each.data[:32].hex(' ')}  {each.data[:32]!r}" for each in findings.log]
    return lines


def _stage(stage: Stage) -> Sequence[str]:
    verdict = "ok" if stage.good else "FAILED"
    line = f"{verdict:7}{stage.name:9}{stage.seconds * 1000:9.1f} ms  {stage.detail}".rstrip()
    return [line, f"       look at: {stage.hint}"] if stage.hint else [line]


def options_of(spec: DriverSpec, given: Sequence[str]) -> Mapping[str, Any]:
    """Return the options with the types that the driver declares; raise typer.BadParameter for what it does not."""
    pairs = dict(text.partition("=")[::2] for text in given)
    try:
        return spec.options.model_validate_strings(pairs, strict=False).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(spec.options.model_fields)
        raise typer.BadParameter(f"--option {name}: {first['msg']}; {spec.name} knows {known}") from None


def _hand_over(name: str, module: str) -> Callable[[typer.Context], None]:
    def run(context: typer.Context) -> None:
        import_module(module).app(args=context.args, prog_name=f"semarak-bench {name}")

    return run


for _name, (_module, _help) in _APPS.items():
    main.command(_name, help=_help, add_help_option=False, context_settings=_PASS_ON)(_hand_over(_name, _module))
