"""Bring chunks from before there were roll-ups into the present form, once, when the store is opened."""

from __future__ import annotations

import sqlite3

from gateway.store.change import DELETE, QUARANTINE, apply, change
from gateway.store.database import transaction
from gateway.store.errors import Garbled
from gateway.store.packing import unpack_chunk

OLD = "SELECT id, series, n, crc, blob FROM chunk WHERE state = -1 ORDER BY series, t0 LIMIT 1"
LESS = "UPDATE compacted SET rows = rows - ?"


def adopt(connection: sqlite3.Connection, now: int) -> int:
    """Rewrite every old chunk in a transaction of its own; return how many are garbled, and set aside at `now`."""
    garbled = 0
    while (row := connection.execute(OLD).fetchone()) is not None:
        chunk, series, n, checksum, blob = row
        with transaction(connection):
            try:
                readings = unpack_chunk(blob, checksum, series)
            except Garbled:
                garbled += 1
                connection.execute(QUARANTINE, (now, chunk))
                connection.execute(LESS, (n,))
            else:
                apply(connection, change(connection, series, readings, raw_from=0), now=now)
            connection.execute(DELETE, (chunk,))
    return garbled
