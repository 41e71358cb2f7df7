"""What somebody names in a form by its number or code: a person, a provider, a carer."""

from ltc import http
from ltc.rules.errors import Invalid
from ltc.store.carer_questions import find_carer_by_code
from ltc.store.person_records import find_person_by_case_number
from ltc.store.provider_questions import find_provider_by_code


class CaseNumberUnknown(Invalid):
    """Nobody with the case number {code} is yours to see. Look it up in the list of people."""


class ProviderCodeUnknown(Invalid):
    """No provider with the code {code} is yours to see. Choose one from the list."""


class CarerCodeUnknown(Invalid):
    """No carer with the code {code} is yours to see. Choose one from the list."""


def person_id_of(code: str) -> int:
    """Return the id of the person with a case number; raises CaseNumberUnknown."""
    person = find_person_by_case_number(http.database(), http.current_actor(), code)
    if person is None:
        raise CaseNumberUnknown(field="person", code=code)
    return person.id


def provider_id_of(code: str) -> int:
    """Return the id of the provider with a code; raises ProviderCodeUnknown."""
    provider = find_provider_by_code(http.database(), http.current_actor(), code)
    if provider is None:
        raise ProviderCodeUnknown(field="provider", code=code)
    return provider.id


def carer_id_of(code: str) -> int:
    """Return the id of the carer with a code; raises CarerCodeUnknown."""
    carer = find_carer_by_code(http.database(), http.current_actor(), code)
    if carer is None:
        raise CarerCodeUnknown(field="carer", code=code)
    return carer.id
