"""Reads one policy file (``<area>/<first day>.yaml``) strictly into a Policy.

Every mistake raises LawFileError with the file, the line, the key, the reason and what to write
instead. The schema is described for authors in ``docs/add-a-city.md``.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ltc.rules.months import Month, NotAMonth
from ltc.rules.policies import (
    Assistance,
    Component,
    ContributionRule,
    Conventions,
    Fact,
    Level,
    Policy,
    Proration,
    Scheme,
    Source,
    Standard,
    StartMode,
    Text,
    Value,
    WorkedCase,
)
from ltc.rules.policy_labels import OPTIONAL_SETTINGS, SETTINGS
from ltc.store.policy_forms import Names, read_modes
from ltc.store.policy_values import (
    NONE,
    ValueReader,
    check_known,
    finish_text,
    read_text,
    take_amount,
    take_known,
)
from ltc.store.yaml_reader import MapNode, read_law_file


def read_policy(path: Path, standards: Mapping[str, Standard]) -> Policy:
    """Return the policy of a file; raises LawFileError."""
    root = read_law_file(path)
    area = _read_area(root)
    reader = ValueReader(area, sources := _read_sources(root), _read_notes(root))
    starts_on = _read_first_day(root, reader)
    levels = _read_levels(root)
    components = _read_components(root)
    names = Names(tuple(level.code for level in levels), set(components))
    policy = Policy(
        area=area,
        name=read_text(root, "name"),
        title=read_text(root, "title"),
        time_zone=_read_time_zone(root),
        starts_on=starts_on,
        ends_before=_read_end(root, reader, starts_on),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        sources=tuple(sources.values()),
        levels=levels,
        components=components,
        grade_map=_read_grade_map(root, reader, names, standards),
        schemes=_read_schemes(root, reader, names),
        start=reader.read_choice(root, "start", StartMode),
        conclusion_months=reader.read_whole(root, "conclusion_months"),
        contribution=_read_contribution(root, reader),
        conventions=_read_conventions(root, reader),
        assistance=_read_assistance(root, reader),
        modes=(modes := read_modes(root, reader, names)),
        self_assessment=_read_self_assessment(root, reader),
        settings=_read_settings(root, reader),
        facts=_read_facts(root, reader),
        worked_cases=_read_worked_cases(root, names, set(modes)),
        values=tuple(reader.values),
    )
    root.done()
    return policy


def _read_area(root: MapNode) -> str:
    area = root.take("area", str)
    if area != root.file.parent.name:
        raise root.error("area", f"must be the name of the folder, “{root.file.parent.name}”")
    return area


def _read_sources(root: MapNode) -> Mapping[str, Source]:
    return {code: _read_source(node) for code, node in root.take_each("sources").items()}


def _read_source(node: MapNode) -> Source:
    source = Source(
        document=read_text(node, "document"),
        article=node.maybe("article", str),
        dated_on=node.maybe("dated_on", date),
    )
    node.done()
    return source


def _read_notes(root: MapNode) -> Mapping[str, Text]:
    return {code: finish_text(node) for code, node in root.maybe_each("notes").items()}


def _read_time_zone(root: MapNode) -> str:
    name = root.take("time_zone", str)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise root.error("time_zone", "is not a time zone; write Asia/Shanghai") from error
    return name


def _read_first_day(root: MapNode, reader: ValueReader) -> date:
    day = reader.read_day(root, "starts_on").value
    if not isinstance(day, date):
        raise root.error(
            "starts_on", "must be a day; where it is not known, assume one with a note"
        )
    if day.isoformat() != root.file.stem:
        raise root.error("starts_on", f"must be the name of the file, {root.file.stem}")
    return day


def _read_end(root: MapNode, reader: ValueReader, starts_on: date) -> date | None:
    """Return the first day on which the policy holds no more; None: without end."""
    day = reader.read_day(root, "ends_before").value
    if not isinstance(day, date):
        return None
    if day <= starts_on:
        raise root.error("ends_before", f"must lie after the first day, {starts_on}")
    return day


def _read_levels(root: MapNode) -> tuple[Level, ...]:
    nodes = root.take_each("levels")
    if NONE in nodes:
        reason = f"cannot be the name of a level: in the grade map {NONE} means no benefit"
        raise root.take_map("levels").error(NONE, reason)
    return tuple(Level(code, _read_name(node)) for code, node in nodes.items())


def _read_components(root: MapNode) -> Mapping[str, Component]:
    nodes = root.take_each("components")
    return {code: Component(code, _read_name(node)) for code, node in nodes.items()}


def _read_name(node: MapNode) -> Text:
    name = read_text(node, "name")
    node.done()
    return name


def _read_grade_map(
    root: MapNode, reader: ValueReader, names: Names, standards: Mapping[str, Standard]
) -> Mapping[str, Mapping[str, str | None]]:
    """Read, for each standard, the level (or none) of every grade, none left out."""
    nodes = root.take_each("grade_map")
    for code in nodes:
        check_known(root.take_map("grade_map"), code, code, standards)
    return {
        code: _read_grades(node, reader, names, standards[code]) for code, node in nodes.items()
    }


def _read_grades(
    node: MapNode, reader: ValueReader, names: Names, standard: Standard
) -> Mapping[str, str | None]:
    grades: dict[str, str | None] = {}
    inner = node.take_map("grades")
    for grade in standard.grades:
        level = take_known(inner, grade.code, (*names.levels, NONE))
        grades[grade.code] = None if level == NONE else level
        reader.keep(node, grade.code, level)
    inner.done()
    node.done()
    return grades


def _read_schemes(root: MapNode, reader: ValueReader, names: Names) -> Mapping[str, Scheme]:
    nodes = root.take_each("schemes")
    return {code: _read_scheme(code, node, reader, names) for code, node in nodes.items()}


def _read_scheme(code: str, node: MapNode, reader: ValueReader, names: Names) -> Scheme:
    components = node.take_values("components", str)
    for component in components:
        check_known(node, "components", component, names.components)
    scheme = Scheme(code, read_text(node, "name"), frozenset(components))
    reader.keep(node, "components", components)
    node.done()
    return scheme


def _read_contribution(root: MapNode, reader: ValueReader) -> ContributionRule | None:
    node = root.take_map("contribution")
    if node.has("value"):
        reader.read_none(root, "contribution")
        return None
    rule = ContributionRule(
        years=reader.read_whole(node, "years"),
        premium_fen=reader.read_whole(node, "premium_fen"),
        start_after_payment=reader.read_choice(node, "start_after_payment", StartMode),
    )
    node.done()
    return rule


def _read_conventions(root: MapNode, reader: ValueReader) -> Conventions:
    node = root.take_map("conventions")
    conventions = Conventions(
        admission_day_paid=reader.read_truth(node, "admission_day_paid"),
        discharge_day_paid=reader.read_truth(node, "discharge_day_paid"),
        death_day_paid=reader.read_truth(node, "death_day_paid"),
        monthly_proration=reader.read_choice(node, "monthly_proration", Proration),
        mode_changes_next_month=reader.read_truth(node, "mode_changes_next_month"),
    )
    node.done()
    return conventions


def _read_assistance(root: MapNode, reader: ValueReader) -> Mapping[str, Assistance]:
    """Read the share that medical assistance adds, by category, or that it adds none."""
    if root.take_map("assistance").has("value"):
        reader.read_none(root, "assistance")
        return {}
    nodes = root.take_each("assistance")
    return {code: _read_category(code, node, reader) for code, node in nodes.items()}


def _read_category(code: str, node: MapNode, reader: ValueReader) -> Assistance:
    category = Assistance(code, read_text(node, "name"), reader.read_whole(node, "share_bp"))
    node.done()
    return category


def _read_self_assessment(root: MapNode, reader: ValueReader) -> Value[bool] | None:
    """Read whether the area uses the self-assessment form; where the law is silent, it does not."""
    key = "self_assessment"
    return reader.read_truth(root, key) if root.has(key) else None


def _read_settings(root: MapNode, reader: ValueReader) -> Mapping[str, Value[int]]:
    """Read the settings of local procedure: all but the optional ones have to be there."""
    node = root.take_map("settings")
    names = [*SETTINGS, *(name for name in OPTIONAL_SETTINGS if node.has(name))]
    settings = {name: reader.read_whole(node, name) for name in names}
    node.done()
    return settings


def _read_facts(root: MapNode, reader: ValueReader) -> Mapping[str, Fact]:
    return {
        code: Fact(read_text(node, "label"), reader.read_whole_at(node, unit=code))
        for code, node in root.maybe_each("facts").items()
    }


def _read_worked_cases(root: MapNode, names: Names, modes: Iterable[str]) -> tuple[WorkedCase, ...]:
    if not root.has("worked_cases"):
        return ()
    return tuple(_read_worked_case(node, names, modes) for node in root.take_maps("worked_cases"))


def _read_worked_case(node: MapNode, names: Names, modes: Iterable[str]) -> WorkedCase:
    case = WorkedCase(
        title=read_text(node, "title"),
        amount_fen=take_amount(node, "amount_fen", "amount_fen"),
        mode=take_known(node, "mode", modes),
        level=take_known(node, "level", names.levels),
        month=_take_month(node),
        price_fen=_maybe_amount(node, "price_fen"),
        fees_fen=_maybe_amount(node, "fees_fen"),
        minutes=_maybe_amount(node, "minutes"),
        admitted_on=node.maybe("admitted_on", date),
        discharged_on=node.maybe("discharged_on", date),
        died_on=node.maybe("died_on", date),
    )
    node.done()
    return case


def _take_month(node: MapNode) -> Month:
    try:
        return Month.parse(node.take("month", str))
    except NotAMonth as error:
        raise node.error("month", "is not a month; write it like 2019-11") from error


def _maybe_amount(node: MapNode, key: str) -> int | None:
    return take_amount(node, key, key) if node.has(key) else None
