"""Statements: what a person or a provider is told in print about an approved month."""

from enum import StrEnum

from ltc.rules.words import N_


class StatementKind(StrEnum):
    """For whom."""

    PERSON = "person"
    PROVIDER = "provider"


STATEMENT_KIND_NAMES = {
    StatementKind.PERSON: N_("Statement for the person"),
    StatementKind.PROVIDER: N_("Statement for the provider"),
}
