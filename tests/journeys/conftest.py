"""One hall for the journeys of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.world import Hall


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall with its service running; every journey of the file leaves it as it was."""
    with Hall(tmp_path_factory.mktemp("hall")) as running:
        yield running
