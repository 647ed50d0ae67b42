"""The command line answers in sentences, with exit codes that a script can use."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.cli.demonstration import plan
from gateway.cli.running import address
from gateway.errors import GatewayError
from gateway.settings.site import load_site

CONFIG = Path(__file__).parents[2] / "config"


def semarak(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_a_sound_site_is_told_to_be_sound() -> None:
    code, said = semarak("check", str(CONFIG / "balai-raya"))
    assert (code, "65 points (22 derived), 21 devices, 57 alarm rules, 1 wall(s), 12 scenes" in said) == (0, True)


def test_a_broken_site_is_refused_with_file_line_and_hint(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("id: x\nname: X\nplce: [1, 2]\n# Asia/Jakarta\n")
    code, said = semarak("check", str(tmp_path))
    assert code == 1
    assert "site.yaml:3:1: plce: there is no key 'plce' here" in said


def test_a_person_added_on_the_command_line_is_listed(tmp_path: Path) -> None:
    added = semarak(
        "user", "add", "siti", "--role", "operator", "--password", "perahu-kertas-7", "--data", str(tmp_path)
    )
    assert added == (0, "siti may log in as operator.\n")
    assert "siti" in semarak("user", "list", "--data", str(tmp_path))[1]


def test_a_weak_password_and_an_unknown_role_are_refused_with_a_sentence(tmp_path: Path) -> None:
    weak = semarak("user", "add", "siti", "--role", "operator", "--password", "pendek", "--data", str(tmp_path))
    role = semarak("user", "add", "siti", "--role", "raja", "--password", "perahu-kertas-7", "--data", str(tmp_path))
    assert (weak[0], role[0]) == (1, 1)
    assert "the roles are operator" in role[1]


def test_a_token_is_shown_once_and_the_audit_of_it_is_whole(tmp_path: Path) -> None:
    code, said = semarak("token", "add", "logger", "--role", "technician", "--data", str(tmp_path))
    assert (code, "Shown this once" in said) == (0, True)
    assert semarak("audit", "verify", "--data", str(tmp_path)) == (
        0, "The audit is whole: 1 events, every one chained to the one before.\n",
    )  # fmt: skip


def test_a_devices_token_has_no_role_and_says_what_it_does(tmp_path: Path) -> None:
    code, said = semarak("token", "add", "logger", "--device", "logger-hulu", "--data", str(tmp_path))
    assert (code, "It pushes the points of logger-hulu, and nothing else." in said) == (0, True)
    both = ("token", "add", "x", "--device", "a", "--role", "technician", "--data", str(tmp_path))
    assert semarak(*both) == (
        1, "a device's token pushes its readings and may do nothing else; leave roles and permissions out\n",
    )  # fmt: skip


def test_no_audit_is_said_to_be_none(tmp_path: Path) -> None:
    assert semarak("audit", "verify", "--data", str(tmp_path))[0] == 2


@pytest.mark.parametrize("text", ["8080", "host:", "host:x", "host:70000", ":8080"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(GatewayError, match="HOST:PORT"):
        address(text)


def test_the_stand_ins_of_the_demo_are_every_device_of_the_site_each_on_its_own_port() -> None:
    made = plan(load_site(CONFIG / "balai-raya"), pace=60, first_port=20_000)
    ports = [made["control"], made["broker"]["port"], *(each["port"] for each in made["modbus"] + made["devices"])]
    assert ports == list(range(20_000, 20_021))
    assert [(each["id"], each["port"]) for each in made["snmp"]] == [("ups-1", 20_021)]
    assert len(made["field"]["points"]) == 31
    assert [len(each["points"]) for each in made["modbus"]] == [6, 2, 1]


def test_the_demo_listens_on_the_loopback_only() -> None:
    code, said = semarak("demo", "--http", "0.0.0.0:8080", "--no-browser")
    assert (code, "127.0.0.1 only" in said) == (1, True)


def test_an_address_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        http = f"127.0.0.1:{taken.getsockname()[1]}"
        words = [sys.executable, "-m", "gateway.cli", "serve", str(CONFIG / "minimal")]
        ended = subprocess.run(
            [*words, "--data", str(tmp_path), "--http", http], capture_output=True, text=True, check=False
        )
    assert (ended.returncode, "choose another address with --http" in ended.stderr.splitlines()[-1]) == (1, True)
