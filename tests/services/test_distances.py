import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.services.distances import measure_metres

CHONGQING, TIANJIN = (29_563_000, 106_551_500), (39_084_200, 117_200_900)
HALF_ROUND_THE_EARTH = 20_015_115

positions = st.tuples(
    st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)
)  # fmt: skip


@pytest.mark.parametrize(
    ("here", "there", "metres"),
    [
        (CHONGQING, CHONGQING, 0),
        ((0, 0), (1_000_000, 0), 111_195),  # a degree of latitude
        ((0, 0), (0, 1_000_000), 111_195),
        ((60_000_000, 0), (60_000_000, 1_000_000), 55_597),  # half as wide at 60 degrees north
        ((0, -179_500_000), (0, 179_500_000), 111_195),  # across the line of the date
        ((90_000_000, 0), (-90_000_000, 0), HALF_ROUND_THE_EARTH),
        ((0, 0), (0, 180_000_000), HALF_ROUND_THE_EARTH),
    ],
)
def test_known_distances(here, there, metres):
    assert measure_metres(here, there) == metres


def test_two_cities_are_as_far_from_each_other_as_an_atlas_says():
    assert 1_420_000 < measure_metres(CHONGQING, TIANJIN) < 1_450_000


@given(here=positions, there=positions)
def test_the_way_back_is_as_long_and_never_longer_than_half_round_the_earth(here, there):
    metres = measure_metres(here, there)
    assert metres == measure_metres(there, here)
    assert 0 <= metres <= HALF_ROUND_THE_EARTH
