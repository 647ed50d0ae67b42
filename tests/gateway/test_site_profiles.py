"""A site's own profiles: picked up from its folder, and told with file and line when they are wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from drivers.profiles.library import OWN
from gateway.settings.fault import SiteError
from gateway.settings.site import load_site

MINIMAL = Path(__file__).parents[2] / "config" / "minimal"
BLANK = (OWN.parent / "devices" / "_blank.yaml").read_text(encoding="utf-8")
ACME = BLANK.replace("profile: blank", "profile: acme_sw4")


def site(folder: Path, text: str, *, name: str = "acme_sw4", driver: str = "acme_sw4") -> Path:
    """Return a site with one more device and its profile."""
    shutil.copytree(MINIMAL, folder / "site")
    (folder / "site" / "profiles").mkdir()
    (folder / "site" / "profiles" / f"{name}.yaml").write_text(text, encoding="utf-8")
    entry = f"devices: [{{id: sw4, name: Pemilih, driver: {driver}, link: 'tcp://192.0.2.9'}}]\n"
    (folder / "site" / "devices.yaml").write_text(entry, encoding="utf-8")
    return folder / "site"


def test_a_profile_in_the_sites_folder_is_a_driver_of_this_site(tmp_path: Path) -> None:
    found = load_site(site(tmp_path, ACME))
    assert found.devices["sw4"].driver == "acme_sw4"
    assert found.drivers["acme_sw4"].verbs == ("power", "volume")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            BLANK.replace("profile: blank", "profile: acme_sw4").replace("port: 23", "port: many"),
            "profiles/acme_sw4.yaml:6:",
        ),
        (BLANK, "profiles/acme_sw4.yaml:1:1: profile: it must be called like its file"),
        ("profile: [", "profiles/acme_sw4.yaml:1:"),
    ],
)
def test_a_wrong_profile_is_told_with_file_and_line(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(SiteError) as caught:
        load_site(site(tmp_path, text))
    assert where in str(caught.value)


def test_a_profile_may_not_take_the_name_of_a_driver(tmp_path: Path) -> None:
    text = BLANK.replace("profile: blank", "profile: videohub")
    with pytest.raises(SiteError, match="Semarak has a driver 'videohub' already"):
        load_site(site(tmp_path, text, name="videohub", driver="videohub"))
