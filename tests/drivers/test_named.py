"""A site's own names in one line of text."""

from __future__ import annotations

import pytest

from drivers.codecs.named import known, numbers, table
from drivers.errors import BadCommand


def test_a_line_names_addresses_in_its_order() -> None:
    assert table(' hall=Level1 1; podium="My Level" 2 ;') == {"hall": "Level1 1", "podium": '"My Level" 2'}
    assert table("") == {}


@pytest.mark.parametrize("line", ["hall", "hall=", "=x", "Hall=x", "a b=x", "a=1;a=2"])
def test_what_is_no_such_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="name"):
        table(line)


def test_numbers_stand_alone_and_in_spans() -> None:
    assert numbers("1, 3,10-12", most=12) == (1, 3, 10, 11, 12)


@pytest.mark.parametrize("text", ["0", "13", "a", "", "1-", "-1", "3-14", "1.5"])
def test_what_is_no_number_within_the_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="from 1 to 12"):
        numbers(text, most=12)


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    with pytest.raises(BadCommand, match="no channel 'x'; the site file names hall, podium"):
        known({"hall": 1, "podium": 2}, "x", "channel")
