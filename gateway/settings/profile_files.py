"""A site's own devices without code: the profiles in its folder `profiles`, beside the drivers of Semarak."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from drivers.driver import DriverSpec
from drivers.profiles.library import BadProfile, files, load
from drivers.profiles.profile_driver import spec_of
from drivers.registry import DRIVERS, SOURCES
from drivers.strict_yaml import YamlError
from gateway.settings.fault import SiteFault

FOLDER = "profiles"
HINT = "semarak-bench check tells the same while you write it"


def read_drivers(site: Path, faults: list[SiteFault]) -> Mapping[str, DriverSpec]:
    """Return every driver that the site knows by name; what is wrong in a profile is added to `faults`."""
    found = dict(DRIVERS)
    for path in files(site / FOLDER):
        name = f"{FOLDER}/{path.name}"
        try:
            profile = load(path)
        except YamlError as error:
            faults.append(SiteFault(name, error.line, error.column, "", error.text))
        except BadProfile as error:
            faults += [SiteFault(name, line, column, at, text, HINT) for line, column, at, text in error.faults]
        else:
            if profile.profile in DRIVERS or profile.profile in SOURCES:
                text = f"Semarak has a driver {profile.profile!r} already"
                faults.append(SiteFault(name, 1, 1, "profile", text, "give the profile another name"))
            found[profile.profile] = spec_of(profile)
    return found
