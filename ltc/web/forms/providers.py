"""Forms of providers, agreements and carers."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from ltc.rules.providers import CARER_KIND_NAMES, PROVIDER_KIND_NAMES, CarerKind, ProviderKind
from ltc.services.providers import (
    ADDRESS_LENGTH_MAX,
    NUMBER_LENGTH_MAX,
    AgreementFacts,
    CarerFacts,
    ProviderFacts,
)
from ltc.web.forms.base import Form
from ltc.web.forms.fields import (
    KEEP_IT,
    choices,
    day_after,
    first_day_field,
    last_day_field,
    name_field,
    reason_field,
    text_field,
)


class ProviderForm(Form):
    """What is known of a provider."""

    code = text_field(
        _l("Code"), 40, _l("Enter the code."),
        description=_l("The agency's own short code, such as P0012."),
    )  # fmt: skip
    name = name_field(_l("Name of the provider"))
    kind = SelectField(_l("Kind"), choices=choices(PROVIDER_KIND_NAMES), coerce=ProviderKind)
    district_id = SelectField(_l("District"), coerce=int)
    credit_code = text_field(_l("Unified social credit code"), 40, description=_l("18 characters."))
    address = text_field(_l("Address"), ADDRESS_LENGTH_MAX)

    def offer(self, districts: list[tuple[int, str]]) -> None:
        """Fill in the districts to choose from."""
        self.district_id.choices = [SelectChoice(key, text) for key, text in districts]

    def facts(self) -> ProviderFacts:
        """Return what the use-case needs."""
        return ProviderFacts(
            self.code.data, self.name.data, self.kind.data, self.district_id.data,
            self.credit_code.data or "", self.address.data or "",
        )  # fmt: skip


class CorrectProviderForm(ProviderForm):
    """A provider anew, and why."""

    reason = reason_field()


class AgreementForm(Form):
    """Number and days of an agreement."""

    number = text_field(_l("Number of the agreement"), NUMBER_LENGTH_MAX, _l("Enter the number."))
    starts_on = first_day_field(_l("First day"))
    ends_on = last_day_field()

    def facts(self) -> AgreementFacts:
        """Return what the use-case needs."""
        ends_before = day_after(self.ends_on.data)
        return AgreementFacts(self.number.data, self.starts_on.data, ends_before)


class CorrectAgreementForm(AgreementForm):
    """An agreement anew, and why."""

    reason = reason_field()


class CarerForm(Form):
    """What is known of a carer."""

    code = text_field(
        _l("Code"), 40, _l("Enter the code."), description=_l("The carer's number, such as C00012.")
    )
    name = name_field(_l("Name"))
    kind = SelectField(_l("Kind"), choices=choices(CARER_KIND_NAMES), coerce=CarerKind)
    identity = StringField(
        _l("Identity number"), [InputRequired(_l("Enter the identity number.")), Length(max=40)]
    )
    phone = text_field(_l("Phone"), 40)
    certificate_number = text_field(
        _l("Number of the certificate"), NUMBER_LENGTH_MAX,
        description=_l("Needed for nurses, care assistants and therapists."),
    )  # fmt: skip
    certificate_ends_on = last_day_field(_l("Last day of the certificate"), description="")
    starts_on = first_day_field(_l("Employed from"))
    ends_on = last_day_field(_l("Last day of employment"))

    def facts(self) -> CarerFacts:
        """Return what the use-case needs; an empty identity number or phone stays as it is."""
        return CarerFacts(
            self.code.data,
            self.name.data,
            self.kind.data,
            self.starts_on.data,
            day_after(self.ends_on.data),
            self.certificate_number.data or "",
            day_after(self.certificate_ends_on.data),
            self.identity.data or None,
            self.phone.data or None,
        )


class CorrectCarerForm(CarerForm):
    """A carer anew, and why."""

    identity = StringField(_l("Identity number"), [Optional(), Length(max=40)], description=KEEP_IT)
    phone = text_field(_l("Phone"), 40, description=KEEP_IT)
    reason = reason_field()
