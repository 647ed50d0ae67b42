"""Prove the audit of a data directory, also while the service writes to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.audit.audit import ALL
from gateway.audit.chain import Head, Verdict, verify
from gateway.errors import GatewayError


class AuditUnreadable(GatewayError):
    """There is no audit to prove at this path."""


def verify_file(path: Path) -> Verdict:
    """Return the verdict on the store at `path`, opened read-only; raise AuditUnreadable when it holds no audit."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
            db.execute("BEGIN")
            head = db.execute("SELECT seq, hash FROM audit_head").fetchone()
            return verify(db.execute(ALL), Head(*head) if head else None)
    except sqlite3.Error as error:
        raise AuditUnreadable(
            f"{path} holds no audit that can be read: {error}; name the data directory's store"
        ) from error
