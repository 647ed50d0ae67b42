"""What one device reads, against what is on its way to it."""

from __future__ import annotations

from wall_controller.observed import MOST_OPEN, Observed
from wall_controller.operation import Attempt, Mark
from wall_controller.plan import Step


def attempt(mark: Mark, *, since: float = 5.0, by: float = 8.0) -> Attempt:
    effects = {"tile": "2x2:1", "input": "hdmi1"}
    return Attempt(Step("p", "tile", {}, effects), since, dict(effects), mark, by=by)


def test_only_what_is_read_after_the_command_proves_it_and_every_effect_must_be_read() -> None:
    seen, sent = Observed("p"), attempt(Mark.SENT)
    seen.add(sent)
    seen.heard("tile", "2x2:1", 4.9)
    seen.heard("input", "hdmi1", 5.0)
    assert (sent.mark, sent.left) == (Mark.SENT, {"tile": "2x2:1"})
    seen.heard("tile", "2x2:1", 5.1)
    assert (sent.mark, seen.attempts) == (Mark.OK, [])


def test_a_proof_that_comes_after_its_time_is_late() -> None:
    for mark, at, result in ((Mark.SENT, 8.1, Mark.LATE), (Mark.UNSURE, 6.0, Mark.LATE), (Mark.SENT, 8.0, Mark.OK)):
        seen, sent = Observed("p"), attempt(mark)
        seen.add(sent)
        seen.heard("tile", "2x2:1", at)
        seen.heard("input", "hdmi1", at)
        assert sent.mark is result


def test_of_what_went_wrong_only_the_last_few_are_followed() -> None:
    seen = Observed("p")
    for _ in range(3 * MOST_OPEN):
        seen.add(attempt(Mark.REFUSED))
    assert len(seen.attempts) == MOST_OPEN + 1
    assert not seen.busy
    assert seen.expected() == {}


def test_what_is_under_way_is_expected() -> None:
    seen = Observed("p")
    seen.heard("tile", "off", 1.0)
    seen.add(attempt(Mark.SENT))
    assert seen.expected() == {"tile": "2x2:1", "input": "hdmi1"}
    assert seen.unlike({"tile": "2x2:1"}) == "tile reads off, wanted 2x2:1"
    assert seen.unheard("tile")
    assert not seen.unheard("tile")
