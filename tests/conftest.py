"""How tests run: an `async def` test gets a loop in virtual time, or a real one when it is marked `real`."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Generator

import pytest

from tests.fakes import VirtualLoop

EVERYTHING = os.environ.get("SEMARAK_TEST_EVERYTHING") == "1"
"""True where every tool is at hand: what cannot be tested there has failed."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real: real sockets, real processes, real time")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail where everything must be tested."""
    report = yield
    if EVERYTHING and report.skipped:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"everything must be tested here: {why}"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test to its end, in asyncio's debug mode."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    real = pyfuncitem.get_closest_marker("real") is not None
    wanted = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    with asyncio.Runner(debug=True, loop_factory=None if real else VirtualLoop) as runner:
        runner.run(pyfuncitem.obj(**wanted))
    return True
