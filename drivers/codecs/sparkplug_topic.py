"""The topics of Sparkplug B: who says what kind of thing (Sparkplug 3.0, chapter 4), and the state of a host."""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE = "spBv1.0"
STATE = "STATE"
NBIRTH, NDEATH, NDATA, NCMD = "NBIRTH", "NDEATH", "NDATA", "NCMD"
DBIRTH, DDEATH, DDATA, DCMD = "DBIRTH", "DDEATH", "DDATA", "DCMD"

OF_NODES = frozenset({NBIRTH, NDEATH, NDATA, NCMD})
OF_DEVICES = frozenset({DBIRTH, DDEATH, DDATA, DCMD})
COMMANDS = frozenset({NCMD, DCMD})
"""What hosts say; everything else is said by edge nodes."""

REBIRTH = "Node Control/Rebirth"
BD_SEQ = "bdSeq"


@dataclass(frozen=True, slots=True)
class Said:
    """What a topic tells of its message; `device` is empty for what an edge node says of itself."""

    kind: str
    group: str
    node: str
    device: str = ""


def topic(said: Said) -> str:
    """Return the topic of a message."""
    levels = [NAMESPACE, said.group, said.kind, said.node]
    return "/".join([*levels, said.device] if said.device else levels)


def parsed(name: bytes) -> Said | None:
    """Return what a topic tells; None for one that no edge node and no command has."""
    levels = name.decode("utf-8", "replace").split("/")
    if len(levels) not in (4, 5) or levels[0] != NAMESPACE or not all(levels):
        return None
    said = Said(levels[2], levels[1], levels[3], *levels[4:])
    return said if said.kind in (OF_DEVICES if said.device else OF_NODES) else None


def state_topic(host: str) -> str:
    """Return where a host application says whether it is there."""
    return f"{NAMESPACE}/{STATE}/{host}"


def state(at: int, *, online: bool) -> bytes:
    """Return what it says there; `at` is ms UTC, in its birth the same as in its will."""
    return b'{"online":%b,"timestamp":%d}' % (b"true" if online else b"false", at)
