"""Forms of insured persons: they check shape only, the rules check the rest."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from ltc.rules.insured import (
    CATEGORY_LENGTH_MAX,
    LIFE_EVENT_NAMES,
    SCHEME_NAMES,
    LifeEventKind,
    SchemeCode,
)
from ltc.services.insured import ADDRESS_LENGTH_MAX, COMMUNITY_LENGTH_MAX, Contact
from ltc.services.life_facts import (
    NOTE_LENGTH_MAX,
    AccountFacts,
    AssistanceFacts,
    EnrolmentFacts,
    EventFacts,
)
from ltc.web.forms.base import Form
from ltc.web.forms.fields import (
    KEEP_IT,
    DayField,
    choices,
    day_after,
    name_field,
    reason_field,
)


class ContactFields(Form):
    """Name and where the person lives."""

    name = name_field(_l("Name"))
    district_id = SelectField(_l("District"), coerce=int)
    community = StringField(_l("Community"), [Optional(), Length(max=COMMUNITY_LENGTH_MAX)])
    phone = StringField(_l("Phone"), [Optional(), Length(max=40)])
    address = StringField(_l("Address"), [Optional(), Length(max=ADDRESS_LENGTH_MAX)])

    def offer(self, districts: list[tuple[int, str]]) -> None:
        """Fill in the districts to choose from."""
        self.district_id.choices = [SelectChoice(key, text) for key, text in districts]

    def contact(self) -> Contact:
        """Return what the use-case needs; an empty phone or address stays as it is."""
        return Contact(
            self.name.data,
            self.district_id.data,
            self.community.data or "",
            self.phone.data or None,
            self.address.data or None,
        )


class RegisterForm(ContactFields):
    """A person and the first enrolment."""

    identity = StringField(
        _l("Identity number"), [InputRequired(_l("Enter the identity number.")), Length(max=40)]
    )
    scheme = SelectField(_l("Scheme"), choices=choices(SCHEME_NAMES), coerce=SchemeCode)
    contribution_years = IntegerField(
        _l("Contribution years"), [InputRequired(_l("Enter the full years paid in."))]
    )
    starts_on = DayField(_l("Insured from"), [InputRequired(_l("Enter the first day."))])


class CorrectPersonForm(ContactFields):
    """What is corrected of a person, and why."""

    phone = StringField(_l("Phone"), [Optional(), Length(max=40)], description=KEEP_IT)
    address = StringField(
        _l("Address"), [Optional(), Length(max=ADDRESS_LENGTH_MAX)], description=KEEP_IT
    )
    reason = reason_field()


class EnrolmentForm(Form):
    """Insured in a scheme over some days."""

    scheme = SelectField(_l("Scheme"), choices=choices(SCHEME_NAMES), coerce=SchemeCode)
    contribution_years = IntegerField(
        _l("Contribution years"), [InputRequired(_l("Enter the full years paid in."))]
    )
    topped_up_on = DayField(
        _l("Missing years paid on"), [Optional()], description=_l("Only where they were topped up.")
    )
    starts_on = DayField(_l("Insured from"), [InputRequired(_l("Enter the first day."))])
    ends_on = DayField(_l("Last day"), [Optional()], description=_l("Empty: without end."))

    def facts(self) -> EnrolmentFacts:
        """Return what the use-case needs."""
        return EnrolmentFacts(
            self.scheme.data,
            self.contribution_years.data,
            self.starts_on.data,
            day_after(self.ends_on.data),
            self.topped_up_on.data,
        )


class CorrectEnrolmentForm(EnrolmentForm):
    """An enrolment anew, and why."""

    reason = reason_field()


class AssistanceForm(Form):
    """A category of medical assistance over some days."""

    category = StringField(
        _l("Category"),
        [InputRequired(_l("Enter the category.")), Length(max=CATEGORY_LENGTH_MAX)],
        description=_l("Its code in the law of the area."),
        render_kw={"list": "categories", "autocomplete": "off"},
    )
    starts_on = DayField(_l("First day"), [InputRequired(_l("Enter the first day."))])
    ends_on = DayField(_l("Last day"), [Optional()], description=_l("Empty: without end."))

    def facts(self) -> AssistanceFacts:
        """Return what the use-case needs."""
        return AssistanceFacts(
            self.category.data, self.starts_on.data, day_after(self.ends_on.data)
        )


class CorrectAssistanceForm(AssistanceForm):
    """A category anew, and why."""

    reason = reason_field()


class LifeEventForm(Form):
    """A hospital stay, death, move or suspension."""

    kind = SelectField(_l("What happened"), choices=choices(LIFE_EVENT_NAMES), coerce=LifeEventKind)
    starts_on = DayField(
        _l("First day"),
        [InputRequired(_l("Enter the first day."))],
        description=_l("Admission, death, move, or the first day of the suspension."),
    )
    ends_on = DayField(
        _l("Last day"),
        [Optional()],
        description=_l("Discharge, or the last day of the suspension. Empty: it goes on."),
    )
    note = TextAreaField(_l("Note"), [Optional(), Length(max=NOTE_LENGTH_MAX)])

    def facts(self) -> EventFacts:
        """Return what the use-case needs."""
        return EventFacts(
            self.kind.data, self.starts_on.data, day_after(self.ends_on.data), self.note.data or ""
        )


class CorrectLifeEventForm(LifeEventForm):
    """A life event anew, and why."""

    reason = reason_field()


class AccountForm(Form):
    """The account that benefits go to."""

    holder_name = name_field(_l("Account holder"))
    bank_name = name_field(_l("Bank"))
    account = StringField(
        _l("Account number"), [InputRequired(_l("Enter the account number.")), Length(max=60)]
    )
    starts_on = DayField(_l("Used from"), [InputRequired(_l("Enter the first day."))])
    ends_on = DayField(_l("Last day"), [Optional()], description=_l("Empty: without end."))

    def facts(self) -> AccountFacts:
        """Return what the use-case needs."""
        return AccountFacts(
            self.holder_name.data,
            self.bank_name.data,
            self.account.data or None,
            self.starts_on.data,
            day_after(self.ends_on.data),
        )


class CorrectAccountForm(AccountForm):
    """An account anew, and why."""

    account = StringField(_l("Account number"), [Optional(), Length(max=60)], description=KEEP_IT)
    reason = reason_field()
