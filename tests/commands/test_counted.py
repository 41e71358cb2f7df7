"""What the shell counts is said in the singular where it is one."""

import pytest

from ltc.commands.counted import say_count


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_234_567, "1,234,567 rows")]
)
def test_one_is_one(number, said):
    assert say_count(number, "row") == said


def test_several_may_have_a_name_of_their_own():
    assert [say_count(number, "person", "people") for number in (1, 2)] == ["1 person", "2 people"]
