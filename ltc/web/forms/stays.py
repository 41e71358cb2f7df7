"""Forms of stays in a bed and fees."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from ltc.rules.stays import FEE_KIND_NAMES, FeeKind
from ltc.services.stays import REFERENCE_LENGTH_MAX, FeeFacts, StayFacts
from ltc.web.forms.base import Form
from ltc.web.forms.fields import (
    DayField,
    MoneyField,
    choices,
    day_after,
    first_day_field,
    last_day_field,
    named_field,
    reason_field,
    text_field,
)


class CareFields(Form):
    """For whom, and at which provider."""

    person = text_field(
        _l("Insured person"), 40, _l("Enter the case number."), description=_l("Case number."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip
    provider = named_field(_l("Provider"), "providers", _l("Enter the provider's code."))
    reference = text_field(
        _l("The provider's own number"), REFERENCE_LENGTH_MAX,
        description=_l("Empty: a number is given."),
    )  # fmt: skip


class StayForm(CareFields):
    """A stay with its price a bed-day."""

    starts_on = first_day_field(_l("First day"))
    ends_on = last_day_field(description=_l("The last day in the bed. Empty: still there."))
    price = MoneyField(_l("Price a bed-day"), [InputRequired(_l("Enter the price."))])

    def facts(self, person_id: int, provider_id: int) -> StayFacts:
        """Return what the use-case needs."""
        return StayFacts(
            person_id,
            provider_id,
            self.starts_on.data,
            day_after(self.ends_on.data),
            self.price.data or 0,
            self.reference.data or "",
        )


class CorrectStayForm(StayForm):
    """A stay anew, and why."""

    reason = reason_field()


class FeeForm(CareFields):
    """A fee for care given on a day."""

    charged_on = DayField(_l("Day of the care"), [InputRequired(_l("Enter the day."))])
    kind = SelectField(_l("For"), choices=choices(FEE_KIND_NAMES), coerce=FeeKind)
    amount = MoneyField(_l("Amount"), [InputRequired(_l("Enter the amount."))])

    def facts(self, person_id: int, provider_id: int) -> FeeFacts:
        """Return what the use-case needs."""
        return FeeFacts(
            person_id,
            provider_id,
            self.charged_on.data,
            self.amount.data or 0,
            self.kind.data,
            self.reference.data or "",
        )


class CorrectFeeForm(FeeForm):
    """A fee anew, and why."""

    reason = reason_field()
