"""The record of an evaluation on paper: both languages, every item with its chosen option."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ltc.rules.assessments.drafts import calculate_so_far
from ltc.rules.assessments.instruments import Dimension, Instrument
from ltc.store.applications import CaseFile
from ltc.store.areas import Area
from ltc.store.assessments import Evaluation
from ltc.store.instruments import get_instrument

NOT_YET = "—"


def build_record(case: CaseFile, evaluation: Evaluation, area: Area, today: date) -> dict[str, Any]:
    """Return the values of the printed page; it is rendered without gettext, in both languages."""
    instrument = get_instrument(evaluation.instrument)
    so_far = calculate_so_far(instrument, evaluation.scores)
    result = so_far.grade
    return {
        "language": "zh-CN",
        "title_zh": "失能等级现场评估记录" if result else "失能等级现场评估记录（草稿）",
        "title_en": "Record of the on-site evaluation" + ("" if result else " (draft)"),
        "number": case.application.number,
        "issuer_zh": f"{area.name_zh}长期护理保险",
        "issuer_en": f"Long-term care insurance, {area.name_en}",
        "issued_on": today.isoformat(),
        "facts": _facts(case, evaluation, area),
        "sections": [_section(part, evaluation.scores) for part in instrument.dimensions],
        "totals": _totals(instrument, so_far.dimensions),
        "table": _table(instrument, so_far.cells),
        "bands": [band.name for band in instrument.bands],
        "grade": instrument.grade_names[result.grade] if result else None,
        "is_verified": instrument.table.verified,
        "table_note": instrument.table.note,
        "instrument": instrument,
        "notes": evaluation.notes,
    }


def _facts(case: CaseFile, evaluation: Evaluation, area: Area) -> list[dict[str, str]]:
    staff = [name for name in (case.assessor_name, case.expert_name) if name]
    done_at = evaluation.completed_at or evaluation.saved_at
    return [
        {"zh": "参保人", "en": "Insured person", "value": case.person.name},
        {"zh": "个案编号", "en": "Case number", "value": case.person.case_number},
        {"zh": "出生日期", "en": "Born on", "value": case.person.born_on.isoformat()},
        {"zh": "申请日期", "en": "Filed on", "value": case.application.filed_on.isoformat()},
        {"zh": "评估时间", "en": "Evaluated", "value": _clock(done_at, area.time_zone)},
        {"zh": "评估员、专家", "en": "Assessor, expert", "value": "、".join(staff) or NOT_YET},
        {"zh": "在场监护人或代理人", "en": "Guardian or agent present",
         "value": evaluation.guardian_present or NOT_YET},
        {"zh": "修订次数", "en": "Revision", "value": str(evaluation.revision)},
    ]  # fmt: skip


def _section(part: Dimension, scores: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for item in part.items:
        chosen = next((o for o in item.options if o.score == scores.get(item.code)), None)
        rows.append({"name": item.name, "option": chosen})
    return {"name": part.name, "rows": rows}


def _totals(instrument: Instrument, sums: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": part.name,
            "text": f"{row.total} / {part.max_score}",
            "band": instrument.band_names[row.band] if row.band else None,
        }
        for part, row in zip(instrument.dimensions, sums, strict=True)
    ]


def _table(instrument: Instrument, cells: frozenset[tuple[str, str]]) -> list[dict[str, Any]]:
    """The combination table, with the cell that was reached."""
    return [
        {
            "name": row.name,
            "cells": [
                {
                    "grade": instrument.table.cells[row.code, column.code],
                    "reached": cells == {(row.code, column.code)},
                }
                for column in instrument.bands
            ],
        }
        for row in instrument.bands
    ]


def _clock(instant: datetime, time_zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}"
