"""Forms of care plans."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from ltc.rules.plans import BONUS_NAMES, BonusChoice
from ltc.services.plans import PlanFacts
from ltc.web.forms.base import Form
from ltc.web.forms.fields import (
    DayField,
    choices,
    day_after,
    first_day_field,
    last_day_field,
    name_field,
    named_field,
    reason_field,
    text_field,
)


class TimesField(Field):  # type: ignore[misc]
    """Times a week by item code; the page shows one small box for each item of the catalogue."""

    data: dict[str, int]

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:  # noqa: ARG002
        """Read the boxes ``items-CODE``; a box that is empty or 0 leaves the item out."""
        self.data, self.raw, self.process_errors = dict(data or {}), {}, []
        if formdata is None or not formdata:
            self.raw = {code: str(times) for code, times in self.data.items()}
            return
        start = f"{self.name}-"
        self.raw = {
            key.removeprefix(start): formdata[key].strip()
            for key in formdata
            if key.startswith(start) and formdata[key].strip() not in ("", "0")
        }
        self.data = {code: int(text) for code, text in self.raw.items() if _is_whole(text)}
        if wrong := sorted(self.raw.keys() - self.data.keys()):
            codes = ", ".join(wrong)
            self.process_errors.append(
                _("Enter whole numbers of times a week, or nothing, for: %(codes)s.", codes=codes)
            )

    @property
    def first_wrong_id(self) -> str:
        """The id of the first box whose entry is no number: an error leads there."""
        wrong = sorted(self.raw.keys() - self.data.keys())
        return f"{self.name}-{wrong[0]}" if wrong else str(self.id)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


class ModeFields(Form):
    """Mode, provider and items of a plan."""

    mode = SelectField(_l("Mode"))
    provider = named_field(
        _l("Provider"),
        "providers",
        description=_l("Code or whole name. Empty only where nobody but the person is paid."),
    )
    authorised_minutes = IntegerField(
        _l("Authorised minutes a month"),
        [Optional()],
        description=_l("Empty: no limit of its own."),
    )
    items = TimesField(_l("Service items and times a week"), default=dict)

    def offer(self, modes: Sequence[tuple[str, str]]) -> None:
        """Fill in the modes of the law."""
        self.mode.choices = [SelectChoice(code, name) for code, name in modes]


class PlanForm(ModeFields):
    """What a plan says."""

    starts_on = first_day_field(_l("First day"))
    ends_on = last_day_field()
    bonus_choice = SelectField(
        _l("Bonus for long home care"),
        choices=[SelectChoice("", _l("Not applicable")), *choices(BONUS_NAMES)],
        description=_l("Only where the law has one."),
    )
    home_care_since = DayField(
        _l("Continuous home care since"), [Optional()], description=_l("Only for the bonus.")
    )

    def facts(self, provider_id: int | None) -> PlanFacts:
        """Return what the use-case needs."""
        bonus = self.bonus_choice.data
        return PlanFacts(
            mode=self.mode.data,
            starts_on=self.starts_on.data,
            ends_before=day_after(self.ends_on.data),
            provider_id=provider_id,
            items=self.items.data,
            authorised_minutes_per_month=self.authorised_minutes.data,
            bonus_choice=BonusChoice(bonus) if bonus else None,
            home_care_since=self.home_care_since.data,
        )


class DrawUpForm(PlanForm):
    """A plan for a person."""

    person = text_field(
        _l("Insured person"), 40, _l("Enter the case number."),
        description=_l("Case number, such as CHO2019000001."), render_kw={"autocomplete": "off"},
    )  # fmt: skip


class CorrectPlanForm(PlanForm):
    """A plan anew, and why."""

    reason = reason_field()


class ChangeModeForm(ModeFields):
    """Another mode or provider from the next month on, and why."""

    reason = reason_field(_l("It is kept with the end of the old plan."))


class ConfirmForm(Form):
    """Who confirmed a plan, and when."""

    confirmed_on = DayField(_l("Confirmed on"), [InputRequired(_l("Enter the day."))])
    confirmed_by = name_field(
        _l("Confirmed by"), description=_l("The person, or the guardian who signed.")
    )
