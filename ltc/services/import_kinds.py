"""Every kind of file that can be imported."""

from ltc.rules.imports import ImportKind
from ltc.services.import_rows import Spec
from ltc.services.imports_care import BED_STAYS, FEES, VISITS
from ltc.services.imports_events import LIFE_EVENTS
from ltc.services.imports_people import PEOPLE
from ltc.services.imports_plans import PLANS
from ltc.services.imports_providers import CARERS, PROVIDERS

SPECS: dict[ImportKind, Spec] = {
    spec.kind: spec
    for spec in (PEOPLE, LIFE_EVENTS, PROVIDERS, CARERS, PLANS, VISITS, BED_STAYS, FEES)
}
