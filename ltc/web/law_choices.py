"""What the law and the catalogue offer in a form, and how it is called on a page."""

from datetime import date

from ltc import http
from ltc.rules.errors import Problem
from ltc.rules.policies import Policy
from ltc.store.areas import get_area
from ltc.store.catalogues import get_catalogue
from ltc.web.formats import in_language


def policy_on(day: date) -> Policy | None:
    """Return the policy of the reader's area on a day, None where there is none."""
    area = get_area(http.database(), http.current_actor().area_id)
    try:
        policy: Policy = http.house().policies.of(area.policy_area).on(day)
    except Problem:
        return None
    return policy


def mode_choices(day: date) -> list[tuple[str, str]]:
    """Return the modes of the law in force on a day, by code and name."""
    policy = policy_on(day)
    return [(mode.code, in_language(mode.name)) for mode in policy.modes.values()] if policy else []


def mode_name(code: str, day: date) -> str:
    """Return the name of a mode in the law of a day; its code where the law does not know it."""
    return dict(mode_choices(day)).get(code, code)


def has_benefit(standard: str, grade: str, day: date) -> bool:
    """Whether a grade gives a right to benefits in the law of a day; so it does where that is open."""
    policy = policy_on(day)
    grades = policy.grade_map.get(standard, {}) if policy else {}
    return grades.get(grade, "") is not None


def category_choices(day: date) -> list[tuple[str, str]]:
    """Return the categories of medical assistance in the law of a day, by code and name."""
    policy = policy_on(day)
    listed = policy.assistance.values() if policy else ()
    return [(category.code, in_language(category.name)) for category in listed]


def category_name(code: str, day: date) -> str:
    """Return the name of a category in the law of a day; its code where the law knows none."""
    return dict(category_choices(day)).get(code, code)


def item_name(code: str) -> str:
    """Return the name of a service item; its code where the catalogue does not know it."""
    try:
        return in_language(get_catalogue().service(code).name)
    except Problem:
        return code
