"""The districts of the actor's area: to choose from, and as names beside a record."""

from flask_babel import get_locale

from ltc import http
from ltc.store.areas import District, list_districts


def district_choices() -> list[tuple[int, str]]:
    """Return the districts that the actor works in, by id and name in the reader's language."""
    own = http.current_actor().district_id
    return [(key, name) for key, name in district_names().items() if own in (None, key)]


def district_names() -> dict[int, str]:
    """Return the names of all districts of the area by id: a record may have been of another."""
    is_chinese = str(get_locale()).startswith("zh")

    def name(district: District) -> str:
        return district.name_zh if is_chinese else district.name_en

    districts = list_districts(http.database(), http.current_actor().area_id)
    return {district.id: name(district) for district in districts}
