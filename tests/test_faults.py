"""Every driver meets its emulator under every fault: outcomes are honest, and when the fault is over all is right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.driver import Attentive, Driver, EndsByHangUp, Reply
from drivers.emulators.emulator import Machine
from drivers.emulators.faults import FAULTS
from drivers.emulators.tcp_device import TcpDevice
from drivers.errors import BadCommand
from drivers.model import Command, DeviceState, Result, Value
from drivers.registry import DRIVERS
from tests.drivers.meeting import Meeting, meeting
from tests.machines import device
from tests.vectors import ALL, FILES, Vector, VectorFile, Wish, wishes

PARAMS: Mapping[str, Mapping[str, float]] = {
    "late": {"seconds": 0.1},
    "dribble": {"gap": 0.001},
    "reboot": {"seconds": 0.3},
    "pacing": {"gap": 0.004},
    "flood": {"count": 200},
}
FINE = {Result.VERIFIED}
LOST = {Result.UNSURE, Result.FAILED}
EXPECTED: Mapping[str, set[Result]] = {
    "no_answer": LOST,
    "late": FINE,
    "dribble": FINE,
    "glued": FINE,
    "bad_checksum": LOST,
    "garbage_before": FINE,
    "nak_once": {Result.REFUSED, Result.VERIFIED},
    "accepts_but_does_not_act": {Result.FAILED},
    "ack_lost": {Result.UNSURE},
    "close_mid_frame": LOST,
    "refuse_second_connection": FINE,
    "half_open": LOST,
    "push_between": FINE,
    "reboot": LOST,
    "other_identity": FINE,
    "wrong_password": FINE,
    "pin_blocked": FINE,
    "standby_port_closed": FINE,
    "slow_power": FINE,
    "flood": FINE,
    "unknown_block": FINE,
    "big_state": FINE,
}
"""What a command may come to while the fault is in force; what is not here may end in any way but must end."""
ON_REAL_SOCKETS = ("close_mid_frame", "half_open")
OF_THE_HALL = ("samsung_mdc", "videohub", "pjlink")
"""Those that meet every fault on real sockets."""
ON_A_LINE = ("samsung_mdc", "lg_signage", "denon_avr", "kmtronic_relay")
ASKING = 9_999
"""The client that asks a machine for the truth."""


def machines() -> Mapping[str, TcpDevice[Any]]:
    readable = {name: file for name, file in FILES.items() if name in DRIVERS and file.meets.reads_back}
    made = {name: device(name, file.meets.state) for name, file in readable.items()}
    return {name: each for name, each in made.items() if isinstance(each, TcpDevice)}


EMULATED = machines()
CASES = [(family, fault) for family, each in EMULATED.items() for fault in each.faults.known]
WISHES = [(file, vector) for file, vector in ALL if vector.verb and vector.emulated and file.driver in EMULATED]


@pytest.mark.parametrize("driver", sorted(DRIVERS))
def test_every_driver_has_vectors_and_an_emulator_that_can_fail(driver: str) -> None:
    assert driver in FILES
    assert device(driver, FILES[driver].meets.state) is not None
    if driver in EMULATED:
        assert len(EMULATED[driver].faults.known) >= 16


@pytest.mark.parametrize(("family", "fault"), CASES, ids=[f"{family}: {fault}" for family, fault in CASES])
async def test_a_fault_is_told_honestly_and_leaves_nothing_behind(family: str, fault: str) -> None:
    await suffer(family, fault, memory=True)


@pytest.mark.real
@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_it_is_the_same_over_tcp(fault: str) -> None:
    families = EMULATED if fault in ON_REAL_SOCKETS else OF_THE_HALL
    async with asyncio.TaskGroup() as tasks:
        for family in (each for each in families if fault in EMULATED[each].faults.known):
            tasks.create_task(suffer(family, fault, memory=False), name=family)


@pytest.mark.real
async def test_it_is_the_same_over_a_serial_line(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as tasks:
        for family in ON_A_LINE:
            port = tmp_path / family
            tasks.create_task(suffer(family, "garbage_before", memory=False, serial=port), name=family)


async def suffer(family: str, fault: str, *, memory: bool, serial: Path | None = None) -> None:
    file = FILES[family]
    first, second = wishes(file)
    async with met_by(file, memory=memory, serial=serial) as met:
        await met.up()
        met.emulator.inject(fault, **{**PARAMS.get(fault, {}), **file.meets.params.get(fault, {})})
        outcome = await met.ask(first.verb, **first.args)
        if file.meets.proves and not silent(family, first):
            assert outcome.result in EXPECTED.get(fault, set(Result)), outcome

        met.emulator.clear()
        met.emulator.load(file.meets.state)
        names = {*first.effects(), *second.effects()}
        await met.up()
        await met.until(lambda: shows(met, names, file))
        outcome = await met.ask(second.verb, **second.args)
        assert outcome.result is (Result.VERIFIED if file.meets.proves else Result.DONE), outcome
        await met.until(lambda: second.effects().items() <= met.values.items())


def silent(family: str, wish: Wish) -> bool:
    """Return whether the device acknowledges nothing, so that no acknowledgement can be lost."""
    spec = DRIVERS[family]
    driver = spec.make(spec.options.model_validate(FILES[family].meets.options))
    command = Command("c", "d", wish.verb, wish.args, "test", "a test", 0, 1.0)
    try:
        return all(request.silent for request in driver.request(command))
    except BadCommand:  # some are obeyed only once the device has told what it is
        return False


def met_by(file: VectorFile, *, memory: bool, serial: Path | None = None) -> Any:
    return meeting(file.driver, state=file.meets.state, options=file.meets.options, memory=memory, serial=serial)


def shows(met: Meeting, names: set[str], file: VectorFile) -> bool:
    """Return whether the session is up and shows of these values what the device would say of itself now."""
    spec = DRIVERS[file.driver]
    told = truth(met.emulator.machine, spec.make(spec.options.model_validate(file.meets.options)))
    wanted = {name: value for name, value in told.items() if name in names}
    return met.session.status.state is DeviceState.UP and wanted.items() <= met.values.items()


def truth(machine: Machine[Any], driver: Driver) -> Mapping[str, Value]:
    """Return what the machine tells a fresh driver that asks it everything."""
    values: dict[str, Value] = {}
    take(machine, driver, machine.greet(ASKING), values)
    for questions in (driver.hello, driver.poll):
        for question in questions():
            payload = driver.leaving(question) if isinstance(driver, Attentive) else question.payload
            ask(machine, driver, payload, values)
            values.update({} if not isinstance(driver, EndsByHangUp) else merged(driver.hung_up()))
    machine.leave(ASKING)
    return values


def take(machine: Machine[Any], driver: Driver, messages: Iterable[bytes], values: dict[str, Value]) -> None:
    replies = [reply for message in messages for reply in driver.feed(message)]
    values.update(merged(replies))
    for reply in replies:
        if reply.back:
            ask(machine, driver, reply.back, values)


def ask(machine: Machine[Any], driver: Driver, payload: bytes, values: dict[str, Value]) -> None:
    for request in machine.hear(ASKING, payload):
        take(machine, driver, machine.answer(ASKING, request), values)


def merged(replies: Iterable[Reply]) -> Mapping[str, Value]:
    return {name: value for reply in replies for name, value in reply.values.items()}


@pytest.mark.parametrize(
    ("family", "fault"),
    [(family, fault) for family in EMULATED for fault in ("ack_lost", "accepts_but_does_not_act")],
)
async def test_what_is_shown_after_a_lost_or_empty_acknowledgement_is_what_the_device_does(
    family: str, fault: str
) -> None:
    file = FILES[family]
    effects = wishes(file)[0].effects()
    async with met_by(file, memory=True) as met:
        await met.up()
        await met.until(lambda: shows(met, set(effects), file))
        before = {name: met.values[name] for name in effects if name in met.values}
        assert before.items() != effects.items()
        met.emulator.inject(fault)
        await met.ask(wishes(file)[0].verb, **wishes(file)[0].args)
        wanted = effects if fault == "ack_lost" else before
        await met.until(lambda: wanted.items() <= met.values.items())


@pytest.mark.parametrize(("file", "vector"), WISHES, ids=[f"{file.driver}: {vector.name}" for file, vector in WISHES])
async def test_every_command_is_sent_and_read_back(file: VectorFile, vector: Vector) -> None:
    state = {**file.meets.state, **vector.state}
    options = {**file.meets.options, **vector.options}
    async with meeting(file.driver, state=state, options=options, memory=True) as met:
        await met.up()
        outcome = await met.ask(vector.verb, **vector.args)
        effects = Wish(verb=vector.verb, args=vector.args).effects()
        spec = DRIVERS[file.driver]
        told = {point.name for point in spec.points(spec.options.model_validate(options))}
        if vector.refused:
            assert outcome.result in {Result.REFUSED, Result.FAILED}, outcome
        elif effects and file.meets.proves and set(effects) <= told:
            assert outcome.result is Result.VERIFIED, outcome
        else:
            assert outcome.result is Result.DONE, outcome
