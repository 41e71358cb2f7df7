"""What somebody names in a form or a filter: a person by number, others by code or name.

No page carries a list of all to choose from. Where there are few, the browser offers them; where
there are more, those that fit what is being written (with scripts; without, the refusal names those
that fit). A form takes the code or the whole name; a filter, which changes nothing, also a part that
fits only one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.errors import Invalid
from ltc.store.areas import Organisation
from ltc.store.chosen import Kind, Named, list_few, list_fitting
from ltc.store.person_records import find_person_by_case_number
from ltc.store.providers import Carer, Provider
from ltc.web.formats import problem_text
from ltc.web.lists import LONGEST_FILTER, read_text

blueprint = Blueprint("chosen", __name__, url_prefix="/chosen")

SHOWN = 5  # of those that fit, in a sentence
KINDS: dict[str, Kind] = {"provider": Provider, "carer": Carer, "organisation": Organisation}


class CaseNumberUnknown(Invalid):
    """Nobody with the case number {code} is yours to see. Look it up in the list of people."""


class NoProviderFits(Invalid):
    """No provider with the code or name “{text}” is yours to see. Look it up in the list of
    providers.
    """


class ProviderNotClear(Invalid):
    """The provider is not clear: “{text}” fits {fitting}. Enter the code of the one that you mean."""


class NoCarerFits(Invalid):
    """No carer with the code or name “{text}” is yours to see. Look it up in the list of carers."""


class CarerNotClear(Invalid):
    """The carer is not clear: “{text}” fits {fitting}. Enter the code of the one that you mean."""


class NoOrganisationFits(Invalid):
    """No organisation of your area has the name or code “{text}”. Enter its whole name, or the code
    of a provider.
    """


class OrganisationNotClear(Invalid):
    """The organisation is not clear: “{text}” fits {fitting}. Enter the number before the name of
    the one that you mean.
    """


PROBLEMS: dict[str, tuple[type[Invalid], type[Invalid]]] = {
    "provider": (NoProviderFits, ProviderNotClear),
    "carer": (NoCarerFits, CarerNotClear),
    "organisation": (NoOrganisationFits, OrganisationNotClear),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """By whom a list is narrowed: what the field says, what the browser offers, and who is meant.

    ``refused`` says why nobody is: then the list must not be shown as if nothing were narrowed.
    """

    text: str
    offered: Sequence[tuple[str, str]]
    found: Named | None = None
    refused: str = ""

    @property
    def id(self) -> int | None:
        """The number of the record that is meant; None where the list is not narrowed."""
        return self.found and self.found.id


@blueprint.get("/<any(provider, carer):field>")
@http.requires(Permission.SEE_PROVIDERS)
def offer(field: str) -> str:
    """Give the providers or carers who fit what is being written, as options."""
    return _offer(field)


@blueprint.get("/organisation")
@http.requires(Permission.MANAGE_USERS)
def offer_organisations() -> str:
    """Give the organisations that fit what is being written, as options."""
    return _offer("organisation")


def _offer(field: str) -> str:
    """Return the options; the text is the only value of the address, whatever the field is called."""
    text = next(iter(request.args.values()), "").replace("\0", "")[:LONGEST_FILTER]
    fitting = list_fitting(http.database(), http.current_actor(), KINDS[field], text)
    return render_template("shared/offered.html", offered=_name_offered(field, fitting))


def person_id_of(code: str) -> int:
    """Return the id of the person with a case number; raises CaseNumberUnknown."""
    person = find_person_by_case_number(http.database(), http.current_actor(), code)
    if person is None:
        raise CaseNumberUnknown(field="person", code=code)
    return person.id


def provider_id_of(text: str) -> int:
    """Return the id of the provider with a code or name; raises NoProviderFits, ProviderNotClear."""
    return find_named("provider", text).id


def carer_id_of(text: str) -> int:
    """Return the id of the carer with a code or name; raises NoCarerFits, CarerNotClear."""
    return find_named("carer", text).id


def organisation_id_of(text: str) -> int:
    """Return the id of an organisation; raises NoOrganisationFits, OrganisationNotClear."""
    return find_named("organisation", text).id


def find_named(field: str, text: str, *, part_is_enough: bool = False) -> Named:
    """Return the record that a text means, of the kind that the field names; raises PROBLEMS."""
    text = text.strip()
    fitting = list_fitting(http.database(), http.current_actor(), KINDS[field], text, SHOWN + 1)
    close = (
        [each for each in fitting if text.upper() in (each.code, each.told.upper())]
        or [each for each in fitting if each.name == text]
        or (fitting if part_is_enough else [])
    )
    if len(close) == 1:
        return close[0]
    unknown, not_clear = PROBLEMS[field]
    if not fitting:
        raise unknown(field=field, text=text)
    raise not_clear(field=field, text=text, fitting=_tell(fitting))


def narrowed_id(field: str) -> int | None:
    """Return by whom a whole list is narrowed, None where it is not; raises PROBLEMS."""
    text = read_text(field)
    return find_named(field, text, part_is_enough=True).id if text else None


def read_narrowed(field: str) -> Narrowed:
    """Return by whom a page's list is narrowed, or why that cannot be told."""
    text, offered = read_text(field), _name_offered(field, list_offered(field))
    if not text:
        return Narrowed(text, offered)
    try:
        found = find_named(field, text, part_is_enough=True)
    except Invalid as problem:
        return Narrowed(text, offered, refused=problem_text(problem))
    return Narrowed(found.told, offered, found)


def list_offered(field: str) -> list[Named]:
    """Return whom the browser offers at a field: all where they are few, else nobody."""
    return list_few(http.database(), http.current_actor(), KINDS[field])


def suggest(field: str) -> dict[str, list[tuple[str, str]]]:
    """Return whom the browser offers at a form's field, as ``FormPage`` wants it."""
    return {f"{field}s": _name_offered(field, list_offered(field))}


def _name_offered(field: str, offered: Sequence[Named]) -> list[tuple[str, str]]:
    """Return what is written for each and what is said beside it."""
    if field == "organisation":  # people know it by its name
        return [(each.name, "") for each in offered]
    return [(each.code, each.name) for each in offered]


def _tell(fitting: Sequence[Named]) -> str:
    told = [each.told for each in fitting[:SHOWN]]
    return str(_(", ")).join([*told, "…"] if len(fitting) > SHOWN else told)
