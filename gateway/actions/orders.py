"""Commands that alarms give: begun in the turn that wishes them, their outcomes told when they are known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from drivers.model import Arg, Clock, Command, Outcome, Priority
from gateway.actions.ports import CommandsPort
from gateway.auth.roles import Actor
from wall_controller.eager import begun

ACTOR = Actor("actions", frozenset(), "system")
PATIENCE_S = 30.0
"""How long a command may wait for its device: a horn that sounds later than this tells a wrong story."""

Answered = Callable[[Outcome], None]


def command(
    id: str, device: str, verb: str, args: Mapping[str, Arg], *, why: str, clock: Clock,  # noqa: A002 - the glossary's
) -> Command:  # fmt: skip
    """Return the command that an alarm's step gives."""
    deadline = clock.mono() + PATIENCE_S
    return Command(id, device, verb, args, ACTOR.name, why, clock.now(), deadline, Priority.ALARM)


class Orders:
    """Commands on their way; those given while nothing runs go out when it does, unless they have become too old."""

    def __init__(self, commands: CommandsPort) -> None:
        self._commands = commands
        self._tasks: asyncio.TaskGroup | None = None
        self._waiting: dict[str, tuple[Command, Answered]] = {}

    def give(self, wanted: Command, answered: Answered) -> None:
        """Send a command; what became of it is told to `answered` later."""
        if self._tasks is None:
            self._waiting[wanted.id] = wanted, answered
            return
        self._tasks.create_task(begun(self._ask(wanted, answered)), name=f"order {wanted.id}")

    async def run(self) -> None:
        """Send what waits and what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            waiting, self._waiting = self._waiting, {}
            for wanted, answered in waiting.values():
                self.give(wanted, answered)
            try:
                await asyncio.Event().wait()
            finally:
                self._tasks = None

    async def _ask(self, wanted: Command, answered: Answered) -> None:
        answered(await self._commands.issue(wanted, ACTOR))
