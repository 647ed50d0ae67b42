"""The errors of the store, named by what a person has to do about them.

StoreError
├── StoreLocked        another process writes to this data directory
├── StoreBroken        the file cannot be used as it is
├── StoreUnavailable   the disk does not take the write now; it is tried again
├── StatementRefused   one statement was wrong; everything else was committed
└── Garbled            packed bytes do not say what was packed
"""

from __future__ import annotations

from gateway.errors import GatewayError


class StoreError(GatewayError):
    """Anything that keeps readings or state from being kept."""


class StoreLocked(StoreError):
    """Another process writes to this data directory."""


class StoreBroken(StoreError):
    """The file is damaged, foreign or newer than this program."""


class StoreUnavailable(StoreError):
    """The disk is full or failing: what waits stays in memory, unacknowledged, and is tried again."""


class StatementRefused(StoreError):
    """The database refused this statement; the commit around it went on."""


class Garbled(StoreError):
    """A packed row fails its checksum or cannot be unpacked."""
