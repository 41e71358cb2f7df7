"""What leaves the system as a file, and what of it may stand in the audit log.

The log is kept for good and nobody may change it. So what somebody searched for, which may be a name
or an identity number, stands there as a keyed digest only; days, months and codes stand in plain.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from ltc.rules.words import N_


class Listed(StrEnum):
    """A list that can be taken away as a file."""

    APPLICATIONS = "applications"
    AUDIT = "audit"
    CARERS = "carers"
    HOLDS = "holds"
    LIFE_EVENTS = "life_events"
    LINES = "lines"
    PEOPLE = "people"
    PLANS = "plans"
    PROVIDERS = "providers"
    ROWS_IN_QUESTION = "rows_in_question"
    STAYS = "stays"
    VISITS = "visits"


LIST_NAMES: Mapping[Listed, str] = {
    Listed.APPLICATIONS: N_("Applications"),
    Listed.AUDIT: N_("Audit log"),
    Listed.CARERS: N_("Carers"),
    Listed.HOLDS: N_("Holds"),
    Listed.LIFE_EVENTS: N_("Life events"),
    Listed.LINES: N_("Lines"),
    Listed.PEOPLE: N_("People"),
    Listed.PLANS: N_("Care plans"),
    Listed.PROVIDERS: N_("Providers"),
    Listed.ROWS_IN_QUESTION: N_("Rows in question"),
    Listed.STAYS: N_("Stays and fees"),
    Listed.VISITS: N_("Visits"),
}

# The kind of record that the log names: that of which the list is, or else the one that it lists.
RECORD_TYPES: Mapping[Listed, str] = {
    Listed.APPLICATIONS: "application",
    Listed.AUDIT: "audit_event",
    Listed.CARERS: "carer",
    Listed.HOLDS: "payout_run",
    Listed.LIFE_EVENTS: "life_event",
    Listed.LINES: "payout_run",
    Listed.PEOPLE: "insured_person",
    Listed.PLANS: "plan",
    Listed.PROVIDERS: "provider",
    Listed.ROWS_IN_QUESTION: "import_file",
    Listed.STAYS: "stay",
    Listed.VISITS: "visit",
}
ALL_RECORDS = 0  # the number in the log of a list that is not of one record

# The filters in which nobody can write: codes, days and months. All others are kept as digests.
PLAIN_FILTERS = frozenset({
    "action", "agreed", "certificate", "component", "conclusion", "district", "from", "grade", "kind", "mode", "month", "on",
    "outcome", "owner", "record_id", "record_type", "role", "scheme", "source", "state", "status",
    "task", "to", "until", "year",
})  # fmt: skip
FILTER_NAMES: Mapping[str, str] = {
    "about": N_("Case number, provider code or month"),
    "action": N_("What was done"),
    "agreed": N_("Under agreement"),
    "carer": N_("Carer"),
    "case": N_("Case number"),
    "certificate": N_("Certificate"),
    "conclusion": N_("Conclusion"),
    "district": N_("District"),
    "from": N_("From day"),
    "grade": N_("Grade"),
    "kind": N_("Kind"),
    "mode": N_("Mode"),
    "month": N_("Month"),
    "on": N_("Day"),
    "owner": N_("Owner"),
    "provider": N_("Provider"),
    "q": N_("Search"),
    "record_type": N_("Kind of record"),
    "scheme": N_("Scheme"),
    "source": N_("Source"),
    "state": N_("Status"),
    "status": N_("Status"),
    "to": N_("Until day"),
    "until": N_("Until day"),
    "who": N_("Who (part of a name)"),
}
# What a filter was set to, where its code belongs to no kind of record.
FILTER_WORDS: Mapping[tuple[str, str], str] = {
    ("agreed", "ends"): N_("ends within 60 days"),
    ("agreed", "no"): N_("no"),
    ("agreed", "yes"): N_("yes"),
    ("certificate", "ends"): N_("ended or ends within 60 days"),
    ("conclusion", "ends"): N_("ends within 60 days"),
    ("kind", "beds"): N_("Stays in a bed"),
    ("kind", "fees"): N_("Fees"),
    ("state", "accepted"): N_("not refused"),
    ("state", "refused"): N_("refused"),
    ("state", "unpriced"): N_("without a price"),
    ("state", "withdrawn"): N_("withdrawn"),
}
PLAIN_VALUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


def is_plain_filter(name: str, value: str) -> bool:
    """Whether a filter tells nothing of a person and may stand in the audit log as it is."""
    return name in PLAIN_FILTERS and PLAIN_VALUE.fullmatch(value) is not None
