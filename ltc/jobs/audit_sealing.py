"""Seals the audit log: once for an area, or again and again until told to stop."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from ltc import clock
from ltc.rules.access import build_machine
from ltc.rules.errors import Problem
from ltc.services.audit import SETTLE_SECONDS, SealedElsewhere, seal_blocks
from ltc.services.context import Context
from ltc.store.areas import list_areas

DOOR = "job"


def seal_area(house: Any, area_id: int, *, settle_seconds: int = SETTLE_SECONDS) -> int:
    """Seal what waits in an area; return how many blocks, 0 where another process is sealing."""
    with house.session_maker() as session:
        actor = build_machine(area_id, DOOR)
        ctx = Context(session, actor, clock.now(), house.policies)
        try:
            return seal_blocks(ctx, settle_seconds=settle_seconds)
        except SealedElsewhere:
            return 0


def seal_until(house: Any, is_over: Callable[[], bool], complain: Callable[[str], None]) -> None:
    """Seal all areas each time that ``is_over`` has waited and says no, and once more at the end.

    What goes wrong ends nothing: it is told once, and again when it has changed.
    """
    told = ""
    while not is_over():
        told = _seal_all(house, told, complain)
    _seal_all(house, told, complain)


def _seal_all(house: Any, told: str, complain: Callable[[str], None]) -> str:
    """Seal every area once; return what went wrong, empty where nothing did."""
    try:
        with house.session_maker() as session:
            ids = [area.id for area in list_areas(session)]
        for area_id in ids:
            seal_area(house, area_id)
    except (Problem, SQLAlchemyError) as error:
        trouble = type(error).__name__
        if trouble != told:
            complain(f"The audit log is not sealed now: {' '.join(str(error).split())}")
        return trouble
    return ""
