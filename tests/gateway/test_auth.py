"""Who somebody is, and what they may do."""

from __future__ import annotations

import asyncio
import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gateway.auth.accounts import Account, Accounts
from gateway.auth.errors import BadAccount, BadLogin, TooManyTries, WeakPassword
from gateway.auth.limiter import FIRST, FREE_PER_ACCOUNT, FREE_PER_ADDRESS, MOST, Limiter
from gateway.auth.passwords import check_policy
from gateway.auth.roles import PERMISSIONS, SYSTEM, Actor, Role
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.stores import ADMINISTRATOR, OPERATOR, PASSWORD, house

# What the site's matrix says about our permissions, by the row that covers each.
ROWS = {
    "view": "lihat dinding, peta, alarm",
    "alarm.ack": "akui alarm, isi log piket",
    "scene.recall": "pindah tata letak / adegan biasa",
    "wall.take": "pindah tata letak / adegan biasa",
    "scene.emergency": "jalankan adegan darurat",
    "device.command": "uji driver, konsol serial mentah",
    "device.log": "uji driver, konsol serial mentah",
    "threshold.approve": "ubah ambang sensor (dua orang)",
    "alarm.shelve": "tunda (shelve) alarm maks 8 jam",
    "users": "kelola pengguna",
    "tokens": "kelola pengguna",
    "audit.read": "baca jejak audit",
}
COLUMNS = {
    "operator": Role.OPERATOR,
    "supervisor": Role.SUPERVISOR,
    "teknisi": Role.TECHNICIAN,
    "pimpinan": Role.LEADER,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMINISTRATOR,
}


def test_the_table_of_permissions_is_the_matrix_of_the_site() -> None:
    with (Path("tests/samples") / "peran_izin.csv").open(encoding="utf-8") as file:
        matrix = {row["izin"]: row for row in csv.DictReader(file)}
    said = {
        name: {role for column, role in COLUMNS.items() if matrix[row][column] == "1"} for name, row in ROWS.items()
    }
    assert said == {name: set(PERMISSIONS[name]) for name in ROWS}
    assert set(PERMISSIONS) - set(ROWS) == {
        "alarm.service", "config.apply", "config.read", "readings.push", "history.import", "demo.play",
        "notify.reply", "notify.test",
    }  # fmt: skip


def test_whoever_may_apply_a_change_may_be_the_second_person_of_another() -> None:
    assert PERMISSIONS["config.apply"] < PERMISSIONS["threshold.approve"]
    assert PERMISSIONS["alarm.service"] == {Role.TECHNICIAN, Role.ADMINISTRATOR}


def test_an_actor_may_what_one_of_the_roles_may() -> None:
    ani = Actor("ani", frozenset({Role.OPERATOR, Role.AUDITOR}), "session")
    assert ani.may("alarm.ack") and ani.may("audit.read") and not ani.may("users")
    assert "alarm.ack" in ani.permissions() and "users" not in ani.permissions()
    assert not Actor("nobody", frozenset(), "session").may("view")


def test_a_narrowed_token_may_nothing_else() -> None:
    gauge = Actor("gauge", frozenset({Role.TECHNICIAN}), "token", only=frozenset({"readings.push"}))
    assert gauge.permissions() == ["readings.push"]


def test_the_gateway_itself_may_everything_that_exists() -> None:
    assert SYSTEM.permissions() == list(PERMISSIONS)
    with pytest.raises(KeyError):
        SYSTEM.may("users.everything")


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "12 to 256"), ("Ani.Wijaya-1", "user name"), ("aaaaaaaaaaaaaaa", "same few"), ("x" * 300, "12 to 256")],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why):
        check_policy("ani.wijaya-1", password)


def test_twelve_characters_are_enough() -> None:
    check_policy("ani", PASSWORD)


async def test_the_first_administrator_is_made_when_there_is_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        assert it.accounts.is_empty()
        made = await it.accounts.add("ani", PASSWORD, ADMINISTRATOR)
        assert made == Account("ani", ADMINISTRATOR, True, EPOCH_NS, EPOCH_NS)
        assert not it.accounts.is_empty()
        assert await it.accounts.login(" Ani ", PASSWORD, "10.0.0.9") == made
        assert PASSWORD not in str(it.store.query("SELECT * FROM account"))


@pytest.mark.parametrize(
    ("name", "password"), [("ani", "semarak-demi"), ("budi", PASSWORD), ("'; --", ""), ("", "x" * 300)]
)
async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(tmp_path: Path, name: str, password: str) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        with pytest.raises(BadLogin, match=r"^the name or the password is wrong$"):
            await it.accounts.login(name, password, "10.0.0.9")


@pytest.mark.real
async def test_an_unknown_name_takes_as_long_as_a_known_one(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        accounts = Accounts(it.store, it.clock, hasher=PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1))
        await accounts.add("ani", PASSWORD, OPERATOR)
        took: dict[str, list[float]] = {"ani": [], "budi": []}
        for round_ in range(5):
            for name, times in took.items():
                begin = time.process_time()
                with pytest.raises(BadLogin):
                    await accounts.login(name, "another password", f"10.0.{round_}.9" if round_ < 4 else "10.9.9.9")
                times.append(time.process_time() - begin)
                it.clock.advance(2 * MOST)
        assert 0.4 < min(took["ani"]) / min(took["budi"][1:]) < 2.5


@pytest.mark.parametrize("name", ["", "A", "ani wijaya", "ani\n", "x" * 40, "1ani", "ani;drop"])
async def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    async with house(tmp_path) as it:
        with pytest.raises(BadAccount, match="is no account name"):
            await it.accounts.add(name, PASSWORD, OPERATOR)


async def test_two_accounts_of_one_name_made_at_once_are_one_account(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        made = await asyncio.gather(
            *(it.accounts.add("ani", PASSWORD, OPERATOR) for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in made) == ["Account", "BadAccount"]


async def test_an_account_needs_a_role(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        with pytest.raises(BadAccount, match="at least one role"):
            await it.accounts.add("ani", PASSWORD, [])


async def test_guessing_is_slowed_down_and_says_when_to_try_again(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        for _ in range(FREE_PER_ACCOUNT):
            with pytest.raises(BadLogin):
                await it.accounts.login("ani", "a wrong password", "10.0.0.9")
        with pytest.raises(TooManyTries) as locked:
            await it.accounts.login("ani", PASSWORD, "10.0.0.10")
        assert locked.value.retry_after == FIRST
        it.clock.advance(FIRST)
        assert (await it.accounts.login("ani", PASSWORD, "10.0.0.10")).name == "ani"
        for _ in range(FREE_PER_ACCOUNT):
            with pytest.raises(BadLogin):
                await it.accounts.login("ani", "a wrong password", "10.0.0.9")


async def test_many_guesses_at_once_count_each(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        tries = [it.accounts.login("ani", "a wrong password", "10.0.0.9") for _ in range(20)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(one, BadLogin) for one in answers) == FREE_PER_ACCOUNT
        assert sum(isinstance(one, TooManyTries) for one in answers) == 20 - FREE_PER_ACCOUNT


def waits(limiter: Limiter, clock: FakeClock, names: Iterator[str], address: str) -> list[float]:
    found = []
    for name in names:
        try:
            limiter.attempt(name, address)
        except TooManyTries as error:
            found.append(error.retry_after)
            clock.advance(error.retry_after)
            limiter.attempt(name, address)
    return found


def test_each_wrong_password_doubles_the_wait_up_to_a_bound() -> None:
    clock = FakeClock()
    found = waits(Limiter(clock), clock, iter(["ani"] * 20), "10.0.0.9")
    assert found == [min(MOST, FIRST * 2**n) for n in range(20 - FREE_PER_ACCOUNT)]


def test_an_address_that_tries_many_names_is_slowed_down_too() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    found = waits(limiter, clock, (f"name{n}" for n in range(FREE_PER_ADDRESS + 2)), "2001:db8::1")
    assert found == [FIRST, 2 * FIRST]
    with pytest.raises(TooManyTries):
        limiter.attempt("another", "2001:db8::ffff")
    limiter.attempt("another", "2001:db8:0:1::1")


def test_logins_that_succeed_never_slow_a_desk_down() -> None:
    limiter = Limiter(FakeClock())
    for _ in range(100):
        limiter.attempt("ani", "10.0.0.9")
        limiter.succeeded("ani", "10.0.0.9")


def test_the_limiters_table_is_bounded_and_counts_whom_it_forgot() -> None:
    limiter = Limiter(FakeClock(), size=10)
    for number in range(100):
        limiter.attempt(f"name{number}", f"10.0.0.{number}")
    assert (len(limiter._tries), limiter.forgotten) == (10, 190)


async def test_a_password_can_be_changed_and_ends_all_sessions(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        cookie = await it.sessions.open("ani")
        await it.accounts.set_password("ani", "another-demo-word")
        assert it.sessions.find(cookie) is None
        with pytest.raises(BadLogin):
            await it.accounts.login("ani", PASSWORD, "")
        await it.accounts.login("ani", "another-demo-word", "")
        with pytest.raises(WeakPassword):
            await it.accounts.set_password("ani", "ani")


async def test_the_same_letters_typed_differently_are_the_same_password(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", "café-semarak-1", OPERATOR)
        await it.accounts.login("ani", "cafe\u0301-semarak-1", "")


async def test_other_parameters_make_a_new_hash_at_the_next_login(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        accounts = Accounts(it.store, it.clock, hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
        await accounts.login("ani", PASSWORD, "")
        await it.store.flush()
        assert "m=16,t=2,p=1" in it.store.query("SELECT hash FROM account")[0][0]
        await accounts.login("ani", PASSWORD, "")


async def test_new_roles_hold_at_once_for_open_sessions(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        cookie = await it.sessions.open("ani")
        await it.accounts.set_roles("ani", [Role.LEADER])
        assert it.sessions.find(cookie) == Actor("ani", frozenset({Role.LEADER}), "session", "1")


async def test_a_disabled_account_is_out_and_can_come_back(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, OPERATOR)
        cookie = await it.sessions.open("ani")
        await it.accounts.disable("ani")
        assert it.sessions.find(cookie) is None
        assert it.sessions.find(await it.sessions.open("ani")) is None
        with pytest.raises(BadLogin):
            await it.accounts.login("ani", PASSWORD, "")
        await it.accounts.enable("ani")
        await it.accounts.login("ani", PASSWORD, "")


async def test_the_last_administrator_cannot_be_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as it:
        await it.accounts.add("ani", PASSWORD, ADMINISTRATOR)
        await it.accounts.add("budi", PASSWORD, OPERATOR)
        for attempt in (it.accounts.remove("ani"), it.accounts.disable("ani"), it.accounts.set_roles("ani", OPERATOR)):
            with pytest.raises(BadAccount, match="the last administrator"):
                await attempt
        await it.accounts.set_roles("budi", ADMINISTRATOR)
        await it.accounts.remove("ani")
        assert [account.name for account in it.accounts.list()] == ["budi"]
        with pytest.raises(BadAccount, match="there is no account 'ani'"):
            await it.accounts.remove("ani")
