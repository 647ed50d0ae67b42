"""The SNMP source: polled objects of an agent, as a UPS has them, become readings, and a silence becomes a quality."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from drivers.errors import BadConfig, LinkError, ProtocolError, Refused
from drivers.model import Clock, Device, DeviceState, Point, Reading, Reason
from drivers.sensors.last_values import LastValues
from drivers.sensors.object_map import Oid, Raw, SnmpAddress, Variable, decode, dotted, plan, sentence, shown, variable
from drivers.sensors.snmp_wire import Absent, Login, NoAnswer, SnmpWire
from drivers.sensors.source import (
    Durable,
    Log,
    Publish,
    Rejected,
    Source,
    SourceSpec,
    Standing,
    host_and_port,
    options_of,
)

HOLE_AGAIN_S = 300.0
"""An object that an agent does not have is asked for again after so long: it may have got new firmware."""
DENIED_S = 60.0
"""An agent that refuses the login is left alone for so long: the site file must change."""
AGAIN_S = 5.0
"""A question that got no answer is asked again so soon."""
LOGGED = 512
DENIED_HINT = "check user, passwords and protocols of version 3, at the agent and in the site file"

Question = tuple[Variable, ...]


class SnmpOptions(BaseModel):
    """The options of an agent: `timeout` and `every` (for points that do not say) in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1, "2c", 3] = "2c"
    """The version of SNMP; 3 has users, keys and encryption."""
    community: SecretStr = SecretStr("public")
    """The community of versions 1 and 2c; it goes over the network in the clear."""
    user: str = ""
    """The user of version 3."""
    auth: Literal["none", "md5", "sha", "sha224", "sha256", "sha384", "sha512"] = "none"
    """How messages of version 3 are signed."""
    auth_password: SecretStr = SecretStr("")
    """The password that signs them, 8 characters or more."""
    priv: Literal["none", "des", "aes", "aes192", "aes256"] = "none"
    """How messages of version 3 are encrypted; `aes` is AES-128."""
    priv_password: SecretStr = SecretStr("")
    """The password that encrypts them, 8 characters or more."""
    context: str = ""
    """The context of version 3, for agents that have several."""
    timeout: Annotated[float, Field(gt=0, le=30)] = 2.0
    """Seconds to wait for an answer."""
    retries: Annotated[int, Field(ge=0, le=5)] = 1
    """How often a question that got no answer is asked again at once."""
    every: Annotated[float, Field(ge=1, le=86_400)] = 10.0
    """Seconds between polls of points that do not say."""
    objects: Annotated[int, Field(ge=1, le=64)] = 20
    """How many objects are asked for at once; an agent that cannot answer so many is asked for fewer."""

    @model_validator(mode="after")
    def _keys_fit(self) -> SnmpOptions:
        auth, priv = self.auth_password.get_secret_value(), self.priv_password.get_secret_value()
        if self.version == 3 and not self.user:
            raise ValueError("version 3 needs a `user`")
        if self.priv != "none" and self.auth == "none":
            raise ValueError("version 3 encrypts only what is signed: give `auth` too")
        # RFC 3414 §11.2: a password has at least eight characters.
        if (self.auth != "none" and len(auth) < 8) or (self.priv != "none" and len(priv) < 8):
            raise ValueError("a password of version 3 has 8 characters or more")
        return self

    def login(self) -> Login:
        """Return who asks."""
        return Login(
            str(self.version), self.community.get_secret_value(), self.user, self.auth,
            self.auth_password.get_secret_value(), self.priv, self.priv_password.get_secret_value(), self.context,
        )  # fmt: skip


class Agent(Protocol):
    """Whoever asks the agent."""

    @property
    def where(self) -> str:
        """Return the agent's address."""

    async def open(self) -> None:
        """Find it; raise LinkError or BadConfig."""

    async def close(self) -> None:
        """Let go."""

    async def get(self, oids: Sequence[Oid]) -> list[Raw | Absent]:
        """Return what each object holds; raise NoAnswer or Refused."""


class SnmpSource:
    """One agent: asks each question at its rhythm, one at a time; UDP has no connection, so silence ends nothing."""

    def __init__(
        self, device: Device, points: Sequence[Point], *, agent: Agent, options: SnmpOptions, clock: Clock,
        publish: Publish, tap: Log,
    ) -> None:  # fmt: skip
        self._device, self._agent, self._clock, self._publish, self._tap = device, agent, clock, publish, tap
        self._variables = [variable(point, every=options.every) for point in points]
        self._questions = plan(self._variables, most=options.objects)
        self._version = options.version
        self._standing = Standing(device, clock, publish)
        self._counters: Counter[str] = Counter()
        self._last = LastValues(clock, publish)
        self._mute: set[int] = set()
        """The questions that got no answer, by their place."""
        self._holes: dict[str, float] = {}
        """When a point that the agent does not have is asked for again (seconds, monotonic)."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Polls, readings, timeouts, denied, absent, rejected, overruns."""
        return self._counters

    async def run(self) -> None:
        """Poll until cancelled; raise LinkError for a name that is not known, BadConfig for what cannot work."""
        self._standing.dialling()
        try:
            await self._open()
            await self._poll()
        except BadConfig as error:
            self._standing.show(DeviceState.BAD_CONFIG, str(error), "correct the site, or install what is missing")
            raise
        except LinkError as error:
            self._standing.show(DeviceState.SILENT, str(error), "correct the link, or look at the name server")
            self._doubt(self._variables, Reason.COMM)
            raise
        finally:
            await self._agent.close()

    async def _open(self) -> None:
        if not self._variables:
            raise BadConfig(f"{self._device.id}: no point is read from it; give points this device, or remove it")
        await self._agent.open()

    async def _poll(self) -> None:
        start = self._clock.mono()
        agenda = [(start, number) for number in range(len(self._questions))]
        while True:
            due, number = agenda[0]
            await self._clock.sleep(max(0.0, due - self._clock.mono()))
            try:
                await self._ask(number)
                again = self._next(due, self._questions[number][0].every)
            except (NoAnswer, Refused) as error:
                again = self._clock.mono() + self._failed(number, error)
            heapq.heapreplace(agenda, (again, number))

    def _next(self, due: float, every: float) -> float:
        """Return when a question is due again: in step, unless the agent is too slow for that, which is counted."""
        now = self._clock.mono()
        if due + every >= now:
            return due + every
        self._counters["overruns"] += 1
        return now + every

    async def _ask(self, number: int) -> None:
        """Ask for what the agent is not known to lack, and publish what it answers."""
        now = self._clock.mono()
        asked = [one for one in self._questions[number] if self._holes.get(one.point, 0.0) <= now]
        if not asked:
            return
        self._counters["polls"] += 1
        self._seen("sent", sentence(asked))
        answers = await self._agent.get([one.oid for one in asked])
        told = " ".join(
            f"{dotted(one.oid)}={'?' if isinstance(answer, Absent) else shown(answer)}"
            for one, answer in zip(asked, answers, strict=True)
        )
        self._seen("received", told)
        self._mute.discard(number)
        if not self._mute:
            self._standing.show(DeviceState.UP)
        readings = [reading for pair in zip(asked, answers, strict=True) if (reading := self._heard(*pair))]
        self._counters["readings"] += len(readings)
        self._last.publish(readings)

    def _heard(self, one: Variable, answer: Raw | Absent) -> Reading | None:
        """Return the reading of an answer; None for one that gives no value, which is told once."""
        if isinstance(answer, Absent):
            self._counters["absent"] += 1
            self._holes[one.point] = self._clock.mono() + HOLE_AGAIN_S
            self._refuse(one, f"{one.name} ({dotted(one.oid)}): {answer.why}", b"", Reason.CONFIG)
            return None
        self._holes.pop(one.point, None)
        try:
            value = decode(one, answer)
        except ProtocolError as error:
            self._refuse(one, f"value: {error}", shown(answer).encode()[:96], Reason.SOURCE)
            return None
        return self._last.reading(one.point, value, low=one.low, high=one.high)

    def _failed(self, number: int, error: NoAnswer | Refused) -> float:
        """Show why nothing came, doubt what was said, and return how long to leave the agent alone with this."""
        self._mute.add(number)
        self._doubt(self._questions[number], Reason.COMM)
        if isinstance(error, Refused):
            self._counters["denied"] += 1
            self._standing.show(DeviceState.REFUSED, str(error), DENIED_HINT)
            return DENIED_S
        self._counters["timeouts"] += 1
        if len(self._mute) < len(self._questions):
            self._standing.show(DeviceState.DEGRADED, str(error), "the other questions are answered; is it busy?")
        else:
            who = "the user's keys" if self._version == 3 else "the community, which an agent refuses by silence"
            hint = f"is it on, may this machine ask it (its access list, a firewall on UDP), and is {who} right?"
            self._standing.show(DeviceState.SILENT, str(error), hint)
        return AGAIN_S

    def _refuse(self, one: Variable, why: str, sample: bytes, reason: Reason) -> None:
        """Count an object that gives no value, and say so when that is new."""
        self._counters["rejected"] += 1
        if not self._last.doubted(one.point):
            self._publish([Rejected(self._device.id, one.name, why, sample, self._clock.now())])
            self._doubt([one], reason)

    def _doubt(self, variables: Iterable[Variable], reason: Reason) -> None:
        self._last.doubt((one.point for one in variables), reason)

    def _seen(self, direction: str, text: str) -> None:
        self._tap.seen(self._device.id, direction, text.encode()[:LOGGED])


def check(device: Device, points: Sequence[Point]) -> None:
    """Raise BadPoint for one whose address does not go with its kind."""
    every = options_of(device, SnmpOptions).every
    for point in points:
        variable(point, every=every)


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of an agent; what is polled needs no acknowledgement, so `durable` is not asked."""
    del durable
    options = options_of(device, SnmpOptions)
    host, port = host_and_port(device, 161)
    agent = SnmpWire(
        host, port, options.login(), timeout=options.timeout, retries=options.retries, most=options.objects
    )
    return SnmpSource(device, points, agent=agent, options=options, clock=clock, publish=publish, tap=tap)


SPEC = SourceSpec("snmp", SnmpOptions, SnmpAddress, make, check)
