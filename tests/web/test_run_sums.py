"""What finished runs add up to is worked out once by a process, and nobody waits for another sum."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from ltc.web.run_sums import VALUES_KEPT, Kept

SECONDS = 10


def test_what_several_ask_for_at_once_is_worked_out_once():
    kept, together, worked = Kept(), Barrier(4), []

    def work():
        worked.append(1)
        return "the sum"

    def ask(_reader):
        together.wait(SECONDS)
        return kept.work_out("a run", work)

    with ThreadPoolExecutor(4) as readers:
        assert list(readers.map(ask, range(4))) == ["the sum"] * 4
    assert worked == [1]


def test_who_asks_for_something_else_does_not_wait():
    kept, begun, may_end = Kept(), Event(), Event()

    def take_long():
        begun.set()
        return may_end.wait(SECONDS)

    with ThreadPoolExecutor(1) as reader:
        slow = reader.submit(kept.work_out, "a city", take_long)
        assert begun.wait(SECONDS)
        assert kept.work_out("a village", lambda: 1) == 1
        may_end.set()
        assert slow.result(SECONDS) is True


def test_what_failed_is_worked_out_by_the_next_reader():
    kept = Kept()

    def fail():
        raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        kept.work_out("a run", fail)
    assert kept.work_out("a run", lambda: 2) == 2


def test_what_was_not_used_for_the_longest_time_is_forgotten():
    kept = Kept()
    for number in range(VALUES_KEPT):
        kept.keep(number, number)
    assert kept.find(0) == (0,)
    kept.keep("one more", 1)
    assert kept.find(0) == (0,)
    assert kept.find(1) == ()
