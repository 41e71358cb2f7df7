"""How far two positions on the earth are from each other: a plain distance, for people to judge.

Distances pay nothing, so they may be measured with fractions; amounts and rules never are.
"""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_METRES = 6_371_009  # the mean radius of the ellipsoid of WGS-84
MICRO = 1_000_000

Position = tuple[int, int]  # latitude and longitude in millionths of a degree


def measure_metres(here: Position, there: Position) -> int:
    """Return the metres between two positions along the surface, by the haversine formula."""
    latitude, longitude = _to_radians(here)
    other_latitude, other_longitude = _to_radians(there)
    across = sin((other_latitude - latitude) / 2) ** 2
    along = sin((other_longitude - longitude) / 2) ** 2
    chord = across + cos(latitude) * cos(other_latitude) * along
    return round(2 * EARTH_RADIUS_METRES * asin(sqrt(min(1, chord))))


def _to_radians(position: Position) -> tuple[float, float]:
    latitude_e6, longitude_e6 = position
    return radians(latitude_e6 / MICRO), radians(longitude_e6 / MICRO)
