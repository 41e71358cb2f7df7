"""Fields that the forms of many rooms are made of: they check shape only.

Days are entered as people say them, first and last day; tables keep the day after the last.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from ltc.rules.insured import NAME_LENGTH_MAX, REASON_LENGTH_MAX
from ltc.rules.months import FIRST_YEAR, LAST_YEAR, is_of_records
from ltc.rules.written_numbers import MICRO_DIGITS, parse_scaled, parse_yuan_text
from ltc.web.forms.base import Form

ONE_DAY = timedelta(days=1)
FEN_PER_YUAN = 100
MICRO = 1_000_000
NAMED_LENGTH_MAX = 240  # a code and the longest name
KEEP_IT = _l("Leave this empty to keep what is recorded.")


def day_after(last_day: date | None) -> date | None:
    """Return the end of a half-open range from its last day."""
    return last_day and last_day + ONE_DAY


def last_day(ends_before: date | None) -> date | None:
    """Return the last day of a half-open range."""
    return ends_before and ends_before - ONE_DAY


class DayField(DateField):  # type: ignore[misc]
    """A day of the years that records are of."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day."""
        super().process_formdata(valuelist)
        if self.data is not None and not is_of_records(self.data):
            self.data = None
            raise ValueError(_("Enter a day from %(first)s to %(last)s.",
                               first=FIRST_YEAR, last=LAST_YEAR))  # fmt: skip


class MoneyField(StringField):  # type: ignore[misc]
    """An amount in yuan with at most two decimals; ``data`` is in whole fen."""

    data: int | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the amount; an emptied field has none."""
        self.data = None
        if valuelist and valuelist[0].strip():
            self.data = parse_yuan_text(valuelist[0])
            if self.data is None:
                raise ValueError(_("Enter an amount in yuan, such as 70.00."))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{Decimal(self.data) / FEN_PER_YUAN:.2f}"


class DegreesField(StringField):  # type: ignore[misc]
    """Degrees with at most six decimals; ``data`` is in whole millionths."""

    data: int | None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the degrees."""
        self.data = None
        if valuelist and valuelist[0].strip():
            self.data = parse_scaled(valuelist[0].strip(), MICRO_DIGITS)
            if self.data is None:
                raise ValueError(_("Enter degrees with at most six decimals, such as 29.484712."))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{Decimal(self.data) / MICRO:.6f}"


def name_field(label: Any, **more: Any) -> StringField:
    """Return a field for a name; its length is checked by the rules, after trimming."""
    wrong = _l("Enter the name.")
    return StringField(label, [InputRequired(wrong), Length(max=4 * NAME_LENGTH_MAX)], **more)


def text_field(label: Any, most: int, wrong: Any = None, **more: Any) -> StringField:
    """Return a field for one line of text; ``wrong`` is said where it is needed and empty."""
    needed = Optional() if wrong is None else InputRequired(wrong)
    return StringField(label, [needed, Length(max=most)], **more)


def named_field(
    label: Any, offered: str, wrong: Any = None, description: Any = None
) -> StringField:
    """Return a field for a provider or carer by code or whole name; ``offered``: its datalist."""
    return text_field(
        label, NAMED_LENGTH_MAX, wrong, description=description or _l("Code or whole name."),
        render_kw={"list": offered, "autocomplete": "off"},
    )  # fmt: skip


def first_day_field(label: Any, **more: Any) -> DayField:
    """Return a field for the first day of something."""
    return DayField(label, [InputRequired(_l("Enter the first day."))], **more)


def last_day_field(label: Any = None, **more: Any) -> DayField:
    """Return a field for the last day of something that may go on."""
    described = {"description": _l("Empty: without end."), **more}
    return DayField(label or _l("Last day"), [Optional()], **described)


def reason_field(description: Any = None) -> TextAreaField:
    """Return the field for why something is corrected."""
    return TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Say why.")), Length(max=REASON_LENGTH_MAX)],
        description=description or _l("It is kept with the correction and shown beside it."),
    )


def choices(names: dict[Any, str]) -> list[SelectChoice]:
    """Return the options of a select field in the reader's language."""
    return [SelectChoice(str(key), _l(text)) for key, text in names.items()]


class WithdrawForm(Form):
    """Why something never was."""

    reason = reason_field()
