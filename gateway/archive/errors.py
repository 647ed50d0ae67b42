"""The errors of exports and imports, named by what a person has to do about them.

ArchiveError
├── NoSuchPoints    a name or pattern that no point has
├── BadFile         a file of which nothing can be read
├── NoParquet       this installation cannot read or write Parquet
├── Stalled         the disk does not take what is imported
└── NoStore         the data folder has no journal that can be read
BadLine             one line of a file; the others are taken
"""

from __future__ import annotations

from gateway.errors import GatewayError


class ArchiveError(GatewayError):
    """Anything that keeps a file from being written or read."""


class NoSuchPoints(ArchiveError):
    """No point has this name."""


class BadFile(ArchiveError):
    """Nothing can be read of this file."""


class NoParquet(ArchiveError):
    """Parquet is an extra that is not installed."""


class Stalled(ArchiveError):
    """The disk takes nothing; what was taken so far is kept."""


class NoStore(ArchiveError):
    """There is no journal, or none that can be read as it is."""


class BadLine(GatewayError):
    """Why one line is no reading."""
