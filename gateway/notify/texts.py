"""What people are told of an alarm, in their language: at length, and short enough for one SMS or so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from drivers.model import Name, Value
from gateway.alarms.alarm import Alarm
from gateway.notify.config import Language
from gateway.notify.delivery import Message
from gateway.notify.roster import Roster

DAYS: Mapping[Language, tuple[str, ...]] = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS: Mapping[Language, tuple[str, ...]] = {
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
           "November", "Desember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip
WORDS: Mapping[str, Name] = {
    "exercise": Name("LATIHAN", "EXERCISE"),
    "not_real": Name("LATIHAN - ini bukan kejadian nyata.", "EXERCISE - this is no real event."),
    "since": Name("Sejak", "Since"),
    "place": Name("Tempat", "Place"),
    "reply": Name("Balas: OK", "Reply: OK"),
    "test": Name("Uji pemberitahuan", "Test of notification"),
    "test_text": Name("Ini hanya uji saluran pemberitahuan. Tidak ada kejadian.",
                      "This only tests the channel. Nothing has happened."),
    "true": Name("ya", "yes"),
    "false": Name("tidak", "no"),
}  # fmt: skip
PLAINER = str.maketrans({
    "°": "", "µ": "u", "μ": "u", "²": "2", "³": "3", "–": "-", "—": "-", "’": "'", "“": '"', "”": '"', "…": "...",
    "≥": ">=", "≤": "<=", "×": "x", "·": ".",
})  # fmt: skip
"""Signs that would turn an SMS of 160 characters into one of 70, and what stands for them."""
DECIMALS = 5


def message_about(alarm: Alarm, roster: Roster, *, language: Language, code: str) -> Message:
    """Return what is said of an alarm; its scale's name always stands beside its level (Siaga alone is ambiguous)."""
    level = f"{_in(alarm.scale_name, language)}: {_in(alarm.label, language)}"
    mark = _word("exercise", language) if roster.exercise else ""
    name, value = _in(alarm.name, language), _value(alarm, language)
    what = f"{name}: {value}" if value else name
    at = roster.local(alarm.raised_at if alarm.raised_at is not None else alarm.since)
    lines = [
        _word("not_real", language) if mark else "",
        level,
        what,
        f"{_word('since', language)} {long_time(at, language)}",
        _place(alarm, language),
        f"{_word('reply', language)} {code}",
    ]
    short = " ".join(
        part for part in (f"{mark}!" if mark else "", f"{level}.", f"{what}.", short_time(at, language),
                          f"{_word('reply', language)} {code}") if part
    )  # fmt: skip
    subject = f"[{mark}] {level} - {name}" if mark else f"{level} - {name}"
    return Message(subject, "\n".join(line for line in lines if line), short.translate(PLAINER), language)


def test_message(roster: Roster, *, language: Language, code: str, at: int) -> Message:
    """Return what is said to try out a channel."""
    local = roster.local(at)
    subject = f"[{_word('exercise', language)}] {_word('test', language)}"
    text = f"{_word('test_text', language)}\n{long_time(local, language)}\n{_word('reply', language)} {code}"
    short = f"{_word('test', language)} {short_time(local, language)} {_word('reply', language)} {code}"
    return Message(subject, text, short.translate(PLAINER), language)


def long_time(at: datetime, language: Language) -> str:
    """Return `Selasa, 24 November 2026 15.04 WIB`."""
    clock = f"{at:%H.%M}" if language == "id" else f"{at:%H:%M}"
    return f"{DAYS[language][at.weekday()]}, {at.day} {MONTHS[language][at.month - 1]} {at.year} {clock} {at:%Z}"


def short_time(at: datetime, language: Language) -> str:
    """Return `24/11 15.04 WIB`."""
    return f"{at:%d/%m} " + (f"{at:%H.%M}" if language == "id" else f"{at:%H:%M}") + f" {at:%Z}"


def number(value: float, language: Language) -> str:
    """Return a number as people write it: without needless zeros, with a comma in Bahasa Indonesia."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "id" else text


def _value(alarm: Alarm, language: Language) -> str:
    value: Value | None = alarm.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return _word("true" if value else "false", language)
    told = number(value, language) if isinstance(value, int | float) else value
    return f"{told} {alarm.unit}".strip()


def _place(alarm: Alarm, language: Language) -> str:
    if alarm.place is None:
        return ""
    return f"{_word('place', language)}: {alarm.place.lat:.{DECIMALS}f}, {alarm.place.lon:.{DECIMALS}f}"


def _word(key: str, language: Language) -> str:
    return _in(WORDS[key], language)


def _in(name: Name, language: Language) -> str:
    return name.id if language == "id" else name.en
