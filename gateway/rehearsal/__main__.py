"""The process that rehearses: a job comes on standard input, words go to standard output; it yields to the service."""

from __future__ import annotations

import os
import sys

import msgspec

from gateway.clock import SystemClock
from gateway.rehearsal.job import Job, Word
from gateway.rehearsal.play import play

GENTLE = 10
"""How nice it is (nice(2)): whoever judges what happens now goes first."""


def main() -> None:
    """Do one job."""
    os.nice(GENTLE)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    tell(play(job, SystemClock(), tell))


def tell(word: Word) -> None:
    """Write a line."""
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
