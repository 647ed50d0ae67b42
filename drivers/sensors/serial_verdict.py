"""How an instrument's line stands: up, spoilt now and then, or silent, and then what a technician should look at."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

from drivers.model import DeviceState
from drivers.sensors.bad_payload import shown
from drivers.sensors.source import Standing

SURE = 2
"""A question that is not answered once may be chance; twice is silence."""
JUDGED, MANY, FEW = 20, 5, 2
"""So many pieces are judged; with MANY spoilt ones among them a line is DEGRADED, until there are only FEW."""
NOTHING = "is the instrument on, are RX and TX the right way round, and is this its port?"
BAUD = "is the baud rate right? Then look at parity, bits and framing"
MAPPING = "look at match, sentence, pattern and column; or is the baud rate wrong?"
NOISE = "noise or a bad earth on the cable, two instruments talking at once, or parity and bits that are wrong"


class Verdict:
    """Judges every connection anew; `counters` tells it how many bytes and frames have come."""

    def __init__(self, standing: Standing, counters: Mapping[str, int]) -> None:
        self._standing, self._counters = standing, counters
        self._recent: deque[bool] = deque(maxlen=JUDGED)
        self._missed: Counter[bytes] = Counter()
        self.useful = 0
        """How often something was of use."""
        self._frame = b""
        self._trouble = ""
        self._bytes = self._frames = 0
        """What had come when something was last of use."""

    @property
    def dead(self) -> Sequence[bytes]:
        """The questions that are not answered."""
        return [question for question, times in self._missed.items() if times >= SURE]

    def begin(self) -> None:
        """Begin with a new connection."""
        self._recent.clear()
        self._missed.clear()
        self._mark()

    def seen(self, frame: bytes) -> None:
        """Note the last frame."""
        self._frame = frame

    def sound(self) -> None:
        """Note that something was of use: that ends a silence."""
        self._recent.append(True)
        self.useful += 1
        self._mark()
        self._show()

    def spoilt(self, why: str) -> None:
        """Note that something was of none."""
        self._recent.append(False)
        self._trouble = why
        if self._standing.status.state is not DeviceState.SILENT:
            self._show()

    def answered(self, question: bytes) -> None:
        """Note that a question was answered."""
        self._missed.pop(question, None)
        self._show()

    def missed(self, question: bytes, *, of: int) -> None:
        """Note that one of so many questions was not answered."""
        self._missed[question] += 1
        if len(self.dead) == of:
            self.silent(f"in answer to {_told(question)}")
        self._show()

    def silent(self, how_long: str) -> None:
        """Show that nothing of use comes, and what comes instead."""
        count = self._counters["bytes"] - self._bytes
        if not count:
            reason, hint = f"nothing comes {how_long}", NOTHING
        elif self._counters["frames"] == self._frames:
            reason, hint = f"bytes come {how_long}, and make no frame", f"{BAUD}. {count} bytes came so far"
        else:
            reason = f"frames come {how_long}, and say nothing of a point"
            hint = f"{MAPPING} The last: {_told(self._frame)}"
        self._standing.show(DeviceState.SILENT, reason, hint)
        self._recent.clear()

    def _show(self) -> None:
        spoilt = self._recent.count(False)
        degraded = self._standing.status.state is DeviceState.DEGRADED
        if spoilt >= MANY or (degraded and spoilt > FEW):
            self._standing.show(DeviceState.DEGRADED, "many frames are spoilt", f"{self._trouble}; {NOISE}")
        elif any(self._recent) and self.dead:
            told = ", ".join(map(_told, self.dead))
            self._standing.show(DeviceState.DEGRADED, f"no answer to {told}", "does the instrument know this question?")
        elif any(self._recent):
            self._standing.show(DeviceState.UP)

    def _mark(self) -> None:
        self._bytes, self._frames = self._counters["bytes"], self._counters["frames"]


def _told(raw: bytes) -> str:
    return shown(raw.decode("latin-1"))
