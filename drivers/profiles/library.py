"""The profiles that come with Semarak, and those of a site: read, judged, and each fault told with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from drivers.errors import BadConfig
from drivers.profiles.schema import Profile
from drivers.strict_yaml import Document, load_file

OWN = Path(__file__).parent
"""Where the profiles that come with Semarak lie; a name with `_` in front is no device."""


class BadProfile(BadConfig):
    """A profile that is none; `faults` has place (line and column from 1), path and reason of each mistake."""

    def __init__(self, file: str, faults: list[tuple[int, int, str, str]]) -> None:
        where = (f"{file}:{line}:{column}: {path + ': ' if path else ''}{text}" for line, column, path, text in faults)
        super().__init__("\n".join(where))
        self.file, self.faults = file, tuple(faults)


def read(document: Document) -> Profile:
    """Return the profile in a document; raise BadProfile."""
    try:
        return Profile.model_validate({} if document.data is None else document.data)
    except ValidationError as error:
        faults = [
            (*document.place(one["loc"]), ".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
            for one in error.errors(include_url=False, include_context=False)
        ]
        raise BadProfile(document.file, faults) from None


def load(path: Path) -> Profile:
    """Return the profile in a file; raise BadProfile, or YamlError when it is not strict YAML."""
    profile = read(load_file(path))
    if not path.stem.startswith("_") and path.stem != profile.profile:
        raise BadProfile(path.name, [(1, 1, "profile", f"it must be called like its file: {path.stem}")])
    return profile


def files(folder: Path) -> Iterator[Path]:
    """Return the files of profiles in a folder, in the order of their names."""
    return (path for path in sorted(folder.glob("*.yaml")) if not path.name.startswith("_"))


@cache
def shipped() -> Mapping[str, Profile]:
    """Return the profiles that come with Semarak, by name."""
    return {profile.profile: profile for profile in map(load, files(OWN))}
