"""Writes every page that follows from the code, or with --check says which of them are out of date."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from drivers.profiles.schema import Profile
from gateway.alarms.diagram import page as alarm_states
from gateway.settings.site import FILES
from tests.tools import keys, tables

ROOT = Path(__file__).parents[2]
RENEW = "run: make docs"

PAGES: Mapping[str, Callable[[], str]] = {
    "SUPPORTED.md": tables.supported,
    "docs/design/alarm-states.md": alarm_states,
    "docs/reference/api.md": tables.api,
    "docs/reference/commands.md": tables.commands,
    "docs/reference/site-files.md": keys.site_files,
    "docs/reference/verbs.md": tables.verbs,
}


def pages() -> Mapping[str, str]:
    """Return every generated file by its path from the root."""
    made = {path: write() for path, write in PAGES.items()}
    for name, (model, _) in FILES.items():
        schema = json.dumps(keys.schema(model), indent=2, ensure_ascii=False) + "\n"
        made[f"config/schemas/{Path(name).stem}.json"] = schema
    schema = json.dumps(keys.schema(Profile), indent=2, ensure_ascii=False) + "\n"
    made["config/schemas/profile.json"] = schema
    return made


def stale() -> list[str]:
    """Return the paths whose file is missing or differs from what the code says."""
    return [path for path, text in pages().items() if not _is(ROOT / path, text)]


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def main() -> int:
    """Write or check; return 1 when --check finds a page that is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        late = stale()
        sys.stdout.writelines(f"{path} is out of date; {RENEW}\n" for path in late)
        return 1 if late else 0
    for path, text in pages().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
