"""The self-assessment (自评表) on pages: what was answered, what it came to, what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _

from ltc import http
from ltc.rules.applications import RefusalReason
from ltc.rules.assessments.instruments import Gate
from ltc.services.applications import find_gate
from ltc.store.assessments import Application
from ltc.store.instruments import get_instrument
from ltc.web.law_words import own_words


@dataclass(frozen=True, slots=True)
class ShownSelfAssessment:
    """The level with its sentence, and each function with its answer."""

    sentence: str
    note: str
    may_apply: bool
    rows: tuple[tuple[str, str], ...]


def find_asked_gate() -> Gate | None:
    """Return the self-assessment that the law asks for on the day of filing that the form names."""
    context = http.context()
    return find_gate(context, _read_day(request.form.get("filed_on", "")) or context.today)


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # the form says what is wrong with it


def show_self_assessment(application: Application) -> ShownSelfAssessment | None:
    """Return what was answered at filing; None where nothing was asked."""
    kept: Mapping[str, Any] | None = application.self_assessment
    gate = get_instrument(kept["instrument"]).gate if kept else None
    if kept is None or gate is None:
        return None
    names = {answer.code: own_words(answer.name) for answer in gate.answers}
    return ShownSelfAssessment(
        sentence=_say(kept),
        note=own_words(gate.partly_counts_note),
        may_apply=kept["may_apply"],
        rows=tuple((own_words(f.name), names[kept["answers"][f.code]]) for f in gate.functions),
    )


def build_refusal(application: Application) -> dict[str, Any]:
    """Return the refusal that follows from the self-assessment; empty where none follows."""
    kept = application.self_assessment
    if not kept or kept["may_apply"]:
        return {}
    return {"reason": RefusalReason.CONDITIONS_NOT_MET, "note": _say(kept)}


def _say(kept: Mapping[str, Any]) -> str:
    values = {"level": kept["level"], "needed": kept["apply_from"]}
    if kept["may_apply"]:
        return str(_("The self-assessment reaches level %(level)s: one may apply.", **values))
    return str(
        _(
            "The self-assessment reaches level %(level)s; one may apply from level %(needed)s on.",
            **values,
        )
    )
