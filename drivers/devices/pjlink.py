"""Projectors over PJLink, class 1 and 2: power, input, mutes, freeze, lamp and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, SecretStr

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.lines import Lines
from drivers.codecs.pjlink import Answer, Denied, Greeting, Line, command, digest, read
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import NOTHING, Arg, Command, Name, PointKind, Value

POWER_WORDS = {"0": "off", "1": "on", "2": "cooling", "3": "warming"}
INPUT_WORDS = {"1": "rgb", "2": "video", "3": "digital", "4": "storage", "5": "network", "6": "internal"}
ERROR_PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")
ERROR_WORDS = {"1": "warning", "2": "error"}
REFUSALS = {
    "ERR1": Refusal("the projector does not know this command (ERR1)"),
    "ERR2": Refusal("the projector has no such parameter (ERR2)"),
    "ERR3": Refusal("the projector cannot do this now (ERR3)", busy=True),
    "ERR4": Refusal("the projector reports a failure of its own (ERR4); see its errors"),
}
_INPUT_CODES = {word: digit for digit, word in INPUT_WORDS.items()}
_NUMBERS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RARELY = 12
"""Polls between two questions about what changes slowly."""
_RARE_2 = ("SNUM", "SVER", "RRES", "FILT")
_CLASS_2 = frozenset({"FREZ", "IRES", *_RARE_2})
"""What only class 2 knows, and is asked with its header."""
_NO_RESOLUTION = {"-": "none", "*": "unknown"}
"""There is no signal; there is one, and it is not known which."""


class Options(Strict):
    """What the projector's network menu says, and who must answer."""

    password: SecretStr = SecretStr("")
    """The password of the projector's network menu, if it has one."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""


class Pjlink:
    """One conversation with one projector."""

    def __init__(self, options: Options) -> None:
        self._password = options.password
        self._login = ""
        self._grade = 1
        self._power = ""
        self._absent: set[str] = set()
        self._setting: set[str] = set()
        self._polls = 0
        self._inbox = Inbox(Lines(), lambda line: self._replies(read(line)))

    def hello(self) -> Sequence[Request]:
        """Ask for class, name, model and power; the first question carries the login."""
        return self._ask("CLSS", "NAME", "INF2", "POWR")

    def poll(self) -> Sequence[Request]:
        """Ask for the state; of a projector that is not on only what it can answer then."""
        second = self._grade > 1
        rare = ("LAMP", *(_RARE_2 if second else ())) if self._polls % _RARELY == 0 else ()
        self._polls += 1
        lit = ("INPT", "AVMT", *(("FREZ", "IRES") if second else ())) if self._power == "on" else ()
        return self._ask("POWR", *lit, "ERST", *rare)

    def request(self, command: Command) -> Sequence[Request]:
        """Return the line of a command; raise BadCommand for what PJLink or this class cannot say."""
        check(command.verb, command.args)
        encode = _COMMANDS.get(command.verb)
        if encode is None:
            raise BadCommand(f"a PJLink projector has no {command.verb}; it has {', '.join(_COMMANDS)}")
        name, parameter = encode(command.args)
        if name == "FREZ" and self._grade < 2:
            raise BadCommand("this projector is PJLink class 1, which cannot freeze the picture")
        self._setting.add(name)
        return [self._line(name, parameter)]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for the one value that the command has set."""
        return self._ask(_PROOF[command.verb])

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies; `greeting` comes first and says whether the login is possible."""
        return self._inbox.feed(data)

    def _ask(self, *names: str) -> list[Request]:
        return [self._line(name, "?") for name in names if name not in self._absent]

    def _line(self, name: str, parameter: str) -> Request:
        login, self._login = self._login, ""
        grade = 2 if name in _CLASS_2 else 1
        return Request(login.encode() + command(name, parameter, grade=grade), name)

    def _replies(self, line: Line) -> list[Reply]:
        if isinstance(line, Answer):
            return [self._answer(line)]
        if isinstance(line, Denied):
            return [
                Reply(None, denied="the projector refuses the password; correct `password` in the device's options")
            ]
        return [self._greet(line)]

    def _greet(self, greeting: Greeting) -> Reply:
        secret = self._password.get_secret_value()
        if greeting.salt and not secret:
            return Reply("greeting", denied="the projector asks for a password; give it as `password` in its options")
        self._login = digest(greeting.salt, secret) if greeting.salt else ""
        return Reply("greeting")

    def _answer(self, answer: Answer) -> Reply:
        verdict = answer.text.upper()
        asked = answer.name not in self._setting
        self._setting.discard(answer.name)
        if verdict == "ERR1" and asked and answer.name != "POWR":
            self._absent.add(answer.name)
            return Reply(answer.name)
        if verdict in REFUSALS:
            return Reply(answer.name, refused=REFUSALS[verdict])
        if verdict == "OK":
            return Reply(answer.name)
        return Reply(answer.name, self._values(answer))

    def _values(self, answer: Answer) -> Mapping[str, Value]:
        parse = _VALUES.get(answer.name)
        if parse is None:
            return NOTHING
        try:
            values = parse(answer.text)
        except (LookupError, ValueError) as error:
            raise ProtocolError(f"{answer.name}={answer.text[:40]!r} makes no sense") from error
        self._power = str(values.get("power", self._power))
        self._grade = int(values.get("class", self._grade))
        return values


def _power(args: Mapping[str, Arg]) -> tuple[str, str]:
    return "POWR", "1" if args["on"] else "0"


def _input(args: Mapping[str, Arg]) -> tuple[str, str]:
    source = str(args["source"])
    word, number = source[:-1], source[-1:].upper()
    if word not in _INPUT_CODES or number not in _NUMBERS:
        raise BadCommand(
            f"a projector has no input {source!r}; it is {', '.join(_INPUT_CODES)} and a number, as digital1"
        )
    return "INPT", _INPUT_CODES[word] + number


def _mute(what: str) -> Callable[[Mapping[str, Arg]], tuple[str, str]]:
    return lambda args: ("AVMT", f"{what}{int(bool(args['on']))}")


def _freeze(args: Mapping[str, Arg]) -> tuple[str, str]:
    return "FREZ", "1" if args["on"] else "0"


def _input_name(text: str) -> Mapping[str, Value]:
    if len(text) != 2:
        raise ValueError(text)
    kind, number = text[0], text[1]
    return {"input": INPUT_WORDS[kind] + _NUMBERS[_NUMBERS.index(number.upper())]}


def _mutes(text: str) -> Mapping[str, Value]:
    picture, sound = {"11": ("on", "off"), "21": ("off", "on"), "31": ("on", "on"), "30": ("off", "off")}[text]
    return {"picture_mute": picture, "mute": sound}


def _errors(text: str) -> Mapping[str, Value]:
    levels = dict(zip(ERROR_PARTS, text, strict=True))
    found = [f"{part} {ERROR_WORDS[level]}" for part, level in levels.items() if level != "0"]
    return {"errors": ", ".join(found) or "none"}


def _lamp(text: str) -> Mapping[str, Value]:
    hours, lit, *_ = text.split()
    return {"lamp": int(hours)} if lit in ("0", "1") else {}


_COMMANDS: Mapping[str, Callable[[Mapping[str, Arg]], tuple[str, str]]] = {
    "power": _power,
    "input": _input,
    "picture_mute": _mute("1"),
    "mute": _mute("2"),
    "freeze": _freeze,
}
_PROOF = {"power": "POWR", "input": "INPT", "picture_mute": "AVMT", "mute": "AVMT", "freeze": "FREZ"}
_VALUES: Mapping[str, Callable[[str], Mapping[str, Value]]] = {
    "POWR": lambda text: {"power": POWER_WORDS[text]},
    "INPT": _input_name,
    "AVMT": _mutes,
    "ERST": _errors,
    "LAMP": _lamp,
    "NAME": lambda text: {"name": text},
    "INF2": lambda text: {"model": text},
    "CLSS": lambda text: {"class": {"1": 1, "2": 2}[text]},
    "IRES": lambda text: {"resolution": _NO_RESOLUTION.get(text, text)},
    "RRES": lambda text: {"best_resolution": text},
    "FILT": lambda text: {"filter": int(text)},
    "SNUM": lambda text: {"serial": text},
    "SVER": lambda text: {"firmware": text},
    "FREZ": lambda text: {"freeze": {"0": "off", "1": "on"}[text]},
}
_POINTS = (
    PointSpec("power", Name("Daya", "Power")),
    PointSpec("input", Name("Masukan", "Input")),
    PointSpec("picture_mute", Name("Gambar ditutup", "Picture muted")),
    PointSpec("mute", Name("Bisu", "Mute")),
    PointSpec("freeze", Name("Gambar beku", "Picture frozen")),
    PointSpec("lamp", Name("Jam lampu", "Lamp hours"), PointKind.NUMBER, "h"),
    PointSpec("filter", Name("Jam saringan", "Filter hours"), PointKind.NUMBER, "h"),
    PointSpec("resolution", Name("Resolusi masukan", "Input resolution")),
    PointSpec("best_resolution", Name("Resolusi terbaik", "Best resolution")),
    PointSpec("errors", Name("Gangguan", "Errors")),
    PointSpec("name", Name("Nama proyektor", "Projector name")),
    PointSpec("model", Name("Model", "Model")),
    PointSpec("serial", Name("Nomor seri", "Serial number")),
    PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
    PointSpec("class", Name("Kelas PJLink", "PJLink class"), PointKind.NUMBER),
)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return _POINTS


def _make(options: BaseModel) -> Driver:
    assert isinstance(options, Options)  # noqa: S101 - SPEC.options says so
    return Pjlink(options)


SPEC = DriverSpec(
    name="pjlink",
    maker="any (JBMIA PJLink)",
    models=("class 1", "class 2"),
    port=4352,
    options=Options,
    points=_points,
    verbs=tuple(_COMMANDS),
    make=_make,
    speaks_first=True,
    hints=4352,
    identity=("model",),
    sources={
        "commands and answers": "JBMIA PJLink class 1 and 2, as three public clients speak it",
        "ERR3 in standby is a state": "home-assistant/core issues 16606 and 26719",
        "lasers know no LAMP": "home-assistant/core issue 55507",
    },
)
