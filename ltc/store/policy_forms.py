"""Reads the modes of care of a policy file and the forms in which each is paid."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from ltc.rules.policies import (
    BonusStep,
    CapOrder,
    DailyCap,
    DailyFixed,
    Form,
    Hourly,
    Mode,
    MonthlyCap,
    MonthlyFixed,
    Payee,
    Per,
    Setting,
    Value,
)
from ltc.store.policy_values import ValueReader, read_text, take_known
from ltc.store.yaml_reader import MapNode


@dataclass(frozen=True, slots=True)
class Names:
    """What the forms may refer to: the levels, heaviest last, and the components."""

    levels: tuple[str, ...]
    components: Set[str]


def read_modes(root: MapNode, reader: ValueReader, names: Names) -> Mapping[str, Mode]:
    """Return the modes by code; raises LawFileError."""
    return {
        code: _read_mode(code, node, reader, names)
        for code, node in root.take_each("modes").items()
    }


def _read_mode(code: str, node: MapNode, reader: ValueReader, names: Names) -> Mode:
    mode = Mode(
        code=code,
        name=read_text(node, "name"),
        setting=node.take_choice("setting", Setting),
        forms=tuple(
            _read_form(key, form, reader, names) for key, form in node.take_each("forms").items()
        ),
    )
    node.done()
    return mode


def _read_form(code: str, node: MapNode, reader: ValueReader, names: Names) -> Form:
    kind = take_known(node, "form", FORMS)
    component = take_known(node, "component", names.components)
    head = _Head(code, component, reader.read_certain(node, "payee", Payee))
    form = FORMS[kind](head, node, reader, names)
    node.done()
    return form


@dataclass(frozen=True, slots=True)
class _Head:
    """What every form begins with."""

    code: str
    component: str
    payee: Payee


def _read_by_level(
    node: MapNode, key: str, reader: ValueReader, names: Names
) -> Mapping[str, Value[int]]:
    """Read one value for every level, none left out; the unit is the ending of the key."""
    inner = node.take_map(key)
    amounts = {level: reader.read_whole(inner, level, unit=key) for level in names.levels}
    inner.done()
    return amounts


def _read_daily_fixed(head: _Head, node: MapNode, reader: ValueReader, names: Names) -> Form:
    return DailyFixed(
        head.code,
        head.component,
        head.payee,
        needs_visit=reader.read_truth(node, "needs_visit"),
        rate_fen=_read_by_level(node, "rate_fen", reader, names),
    )


def _read_daily_cap(head: _Head, node: MapNode, reader: ValueReader, names: Names) -> Form:
    return DailyCap(
        head.code,
        head.component,
        head.payee,
        cap_fen=_read_by_level(node, "cap_fen", reader, names),
        share_bp=reader.read_whole(node, "share_bp"),
        order=reader.read_choice(node, "order", CapOrder),
    )


def _read_monthly_cap(head: _Head, node: MapNode, reader: ValueReader, names: Names) -> Form:
    limit = "daily_care_limit_bp"
    return MonthlyCap(
        head.code,
        head.component,
        head.payee,
        cap_fen=_read_by_level(node, "cap_fen", reader, names),
        share_bp=reader.read_whole(node, "share_bp"),
        daily_care_limit_bp=reader.read_whole(node, limit) if node.has(limit) else None,
    )


def _read_monthly_fixed(head: _Head, node: MapNode, reader: ValueReader, names: Names) -> Form:
    return MonthlyFixed(
        head.code,
        head.component,
        head.payee,
        amount_fen=_read_by_level(node, "amount_fen", reader, names),
    )


def _read_hourly(head: _Head, node: MapNode, reader: ValueReader, names: Names) -> Form:
    return Hourly(
        head.code,
        head.component,
        head.payee,
        price_fen_per_hour=reader.read_whole(node, "price_fen_per_hour"),
        share_bp=reader.read_whole(node, "share_bp"),
        cap_minutes=_read_by_level(node, "cap_minutes", reader, names),
        cap_per=reader.read_choice(node, "cap_per", Per),
        bonus=_read_bonus(node, reader, names),
    )


def _read_bonus(
    node: MapNode, reader: ValueReader, names: Names
) -> Mapping[str, tuple[BonusStep, ...]]:
    inner = node.maybe_map("bonus")
    if inner is None:
        return {}
    levels = [level for level in names.levels if inner.has(level)]
    bonus = {level: _read_steps(inner, level, reader) for level in levels}
    inner.done()
    return bonus


def _read_steps(node: MapNode, level: str, reader: ValueReader) -> tuple[BonusStep, ...]:
    steps: list[BonusStep] = []
    for entry in node.take_maps(level):
        months = entry.take("from_months", int)
        if months < (steps[-1].from_months + 1 if steps else 0):
            raise entry.error("from_months", "must be zero or more and rise from step to step")
        steps.append(
            BonusStep(
                months,
                reader.read_whole(entry, "extra_minutes_per_month"),
                reader.read_whole(entry, "cash_fen_per_month"),
            )
        )
        entry.done()
    return tuple(steps)


FORMS: Mapping[str, Callable[[_Head, MapNode, ValueReader, Names], Form]] = {
    "daily_fixed": _read_daily_fixed,
    "daily_cap": _read_daily_cap,
    "monthly_cap": _read_monthly_cap,
    "monthly_fixed": _read_monthly_fixed,
    "hourly": _read_hourly,
}
