"""Topics with named parts, as `bkl/v1/{opd}/{sensor}/telemetry`: one pattern for all points of a broker."""

from __future__ import annotations

import re
from collections.abc import Mapping

PART = re.compile(r"\{([a-z][a-z0-9_]*)\}", re.ASCII)
NOT_IN_A_LEVEL = frozenset("/+#\x00")
"""What a part stands for is one level of a topic, and no wildcard."""


def parts_of(template: str) -> tuple[str, ...]:
    """Return the names of a template's parts, in their order; raise ValueError for what is no template."""
    parts: list[str] = []
    for level in template.split("/"):
        part = PART.fullmatch(level)
        if part:
            parts.append(part[1])
        elif set("{}") & set(level):
            raise ValueError(f"{level!r} is no level: a part is a whole level and a plain word, as {{sensor}}")
        elif set("+#") & set(level):
            raise ValueError(f"{level!r} is a wildcard: give that level a name, as {{sensor}}")
    twice = sorted({part for part in parts if parts.count(part) > 1})
    if twice:
        raise ValueError(f"{{{twice[0]}}} stands in {template!r} twice: each part has its own name")
    return tuple(parts)


def fill(template: str, parts: Mapping[str, str]) -> str:
    """Return the topic of these parts; raise KeyError for a part that is not given."""
    return "/".join(parts[part[1]] if (part := PART.fullmatch(level)) else level for level in template.split("/"))
