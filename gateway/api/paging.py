"""How a list is told in pages: `limit` items after the one that the cursor names."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from gateway.api.operation import Query
from gateway.api.problem import BadBody


class Identified(Protocol):
    """A thing with an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Identified)


class Paged(Query):
    """Which page: `limit` items after the item `after`."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    after: str | None = None


def paged(items: Iterable[T], query: Paged) -> tuple[list[T], str | None]:
    """Return the page and the cursor of the next one; raise BadBody for a cursor that leads nowhere."""
    rest = iter(items)
    if query.after is not None and not any(item.id == query.after for item in rest):
        raise BadBody(f"the cursor {query.after!r} leads nowhere (any more); start again without `after`")
    page = list(islice(rest, query.limit))
    more = len(page) == query.limit and next(rest, None) is not None
    return page, page[-1].id if more else None
