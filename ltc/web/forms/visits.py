"""Forms of visits."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, SelectMultipleField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from ltc.rules.catalogues import Catalogue
from ltc.rules.visits import (
    DATUM_NAMES,
    LATER_SOURCES,
    SOURCE_NAMES,
    Datum,
    Place,
    PlaceWrong,
    VisitSource,
)
from ltc.services.visits import REFERENCE_LENGTH_MAX, VisitFacts
from ltc.web.formats import in_language, minutes
from ltc.web.forms.base import Form
from ltc.web.forms.fields import (
    DayField,
    DegreesField,
    MoneyField,
    choices,
    named_field,
    reason_field,
    text_field,
)

LATER_NAMES = {key: name for key, name in SOURCE_NAMES.items() if key in LATER_SOURCES}


class VisitFields(Form):
    """The six elements of a visit: who, for whom, what, when (begin and end), where.

    Of the items the first ``planned_count`` are those of the plan.
    """

    planned_count = 0

    person = text_field(
        _l("Insured person"), 40, _l("Enter the case number."), description=_l("Case number."),
        render_kw={"list": "people", "autocomplete": "off"},
    )  # fmt: skip
    carer = named_field(_l("Carer"), "carers", _l("Enter the carer's code."))
    on = DayField(_l("Day"), [InputRequired(_l("Enter the day."))])
    begins_time = TimeField(_l("Begin"), [InputRequired(_l("Enter when it began."))])
    ends_time = TimeField(_l("End"), [InputRequired(_l("Enter when it ended."))])
    ends_next_day = BooleanField(_l("It ended on the next day"))
    items = SelectMultipleField(_l("Services given"), validate_choice=False)
    latitude = DegreesField(_l("Latitude"), [Optional()])
    longitude = DegreesField(_l("Longitude"), [Optional()])
    datum = SelectField(_l("Coordinate system"), choices=choices(DATUM_NAMES), coerce=Datum)
    price = MoneyField(
        _l("Price of the visit"), [Optional()],
        description=_l("In yuan; 0 where nothing was charged, empty where a fee covers it."),
    )  # fmt: skip
    reference = text_field(
        _l("The provider's own number"), REFERENCE_LENGTH_MAX,
        description=_l("Empty: a number is given."),
    )  # fmt: skip

    def offer(self, catalogue: Catalogue, planned: Collection[str]) -> None:
        """Fill in the items of the catalogue, the planned ones first."""
        services = sorted(catalogue.services, key=lambda service: service.code not in planned)
        self.items.choices = [
            SelectChoice(service.code, _item_text(service)) for service in services
        ]
        self.planned_count = sum(service.code in planned for service in services)

    def visit_facts(
        self, person_id: int, carer_id: int, source: VisitSource, price_fen: int | None
    ) -> VisitFacts:
        """Return what the use-case needs; raises PlaceWrong for half a position."""
        day = self.on.data
        last = day + timedelta(days=1) if self.ends_next_day.data else day
        return VisitFacts(
            person_id=person_id,
            carer_id=carer_id,
            begins=datetime.combine(day, self.begins_time.data),
            ends=datetime.combine(last, self.ends_time.data),
            items=tuple(self.items.data or ()),
            source=source,
            place=self._place(),
            reference=self.reference.data or "",
            price_fen=price_fen,
        )

    def _place(self) -> Place | None:
        latitude, longitude = self.latitude.data, self.longitude.data
        if latitude is None and longitude is None:
            return None
        if latitude is None or longitude is None:
            raise PlaceWrong(field="latitude")
        return Place(latitude, longitude, self.datum.data)


def _item_text(service: Any) -> str:
    text = f"{service.code} {in_language(service.name)}"
    if service.minutes is not None:
        text += f" · {minutes(service.minutes)}"
    return f"{text} · {_l('nurses only')}" if service.nurse_only else text


class LogForm(VisitFields):
    """A visit that is entered afterwards, and why."""

    source = SelectField(_l("Source"), choices=choices(LATER_NAMES), coerce=VisitSource)
    reason = reason_field(_l("Why it was not logged on the spot. It is kept with the visit."))


class CorrectVisitForm(VisitFields):
    """A visit anew, and why."""

    reason = reason_field()
