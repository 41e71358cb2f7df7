"""The self-assessment gate (附录 表B 自评表): whether a person's own answers allow an application.

Dependent functions are counted in two groups and a table gives a level; from one level on a person
may apply. Whether a city uses the gate at all is for its policy to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ltc.rules.assessments.instruments import Gate
from ltc.rules.errors import Conflict, Invalid


class AnswerMissing(Invalid):
    """{function}: the answer is missing."""


class AnswerUnknown(Invalid):
    """{function}: “{answer}” is not one of the answers. Choose one of {options}."""


class FunctionUnknown(Invalid):
    """{function}: the self-assessment does not ask about this."""


class MayNotApply(Conflict):
    """The self-assessment reaches level {level}; one may apply from level {apply_from} on."""


@dataclass(frozen=True, slots=True)
class GateLevel:
    """The level reached, with the number of dependent functions in each group."""

    level: str
    dependent: Mapping[str, int]
    may_apply: bool


def may_apply(gate: Gate, answers: Mapping[str, str]) -> bool:
    """Say whether the answers, by function code, allow an application; raises like check_answers."""
    return calculate_level(gate, answers).may_apply


def calculate_level(gate: Gate, answers: Mapping[str, str]) -> GateLevel:
    """Return the level that the answers reach; raises like check_answers."""
    check_answers(gate, answers)
    counted = {gate.dependent, gate.partly} if gate.partly_counts else {gate.dependent}
    dependent = dict.fromkeys(gate.groups, 0)
    for function in gate.functions:
        dependent[function.group] += answers[function.code] in counted
    first, second = gate.groups
    level = gate.table[dependent[first]][dependent[second]]
    enough = gate.levels.index(level) >= gate.levels.index(gate.apply_from)
    return GateLevel(level=level, dependent=dependent, may_apply=enough)


def check_answers(gate: Gate, answers: Mapping[str, str]) -> None:
    """Raise AnswerMissing, AnswerUnknown or FunctionUnknown, naming the function."""
    known = [answer.code for answer in gate.answers]
    for function in gate.functions:
        answer = answers.get(function.code)
        if answer is None or not answer.strip():
            raise AnswerMissing(field=function.code, function=function.code)
        if answer not in known:
            raise AnswerUnknown(
                field=function.code,
                function=function.code,
                answer=answer,
                options=", ".join(known),
            )
    for code in answers.keys() - {function.code for function in gate.functions}:
        raise FunctionUnknown(field=code, function=code)
