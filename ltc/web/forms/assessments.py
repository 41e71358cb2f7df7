"""Forms of assessments: they check shape only, the rules check the rest."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ltc.rules.applications import NOTE_LENGTH_MAX, REFUSAL_NAMES, RefusalReason
from ltc.rules.assessments.instruments import Gate
from ltc.services.conclusions import REMARK_LENGTH_MAX
from ltc.services.evaluations import NOTES_LENGTH_MAX
from ltc.store.staff import Staff
from ltc.web.forms.base import Form
from ltc.web.forms.fields import DayField, choices, reason_field
from ltc.web.law_words import own_words

CHOOSE = _l("Choose one.")
NOBODY = 0


class FileForm(Form):
    """Whose application, and when it came in."""

    case_number = StringField(
        _l("Case number of the insured person"),
        [InputRequired(_l("Enter the case number.")), Length(max=30)],
    )
    filed_on = DayField(_l("Filed on"), [InputRequired(_l("Enter the day of filing."))])


def file_form(gate: Gate | None) -> type[FileForm]:
    """Return the form of an application, with the self-assessment where it is asked for."""
    if gate is None:
        return FileForm
    answers = [SelectChoice(answer.code, own_words(answer.name)) for answer in gate.answers]
    fields = {
        function.code: RadioField(
            own_words(function.name),
            [InputRequired(CHOOSE)],
            choices=answers,
        )
        for function in gate.functions
    }
    return type("FileFormWithSelfAssessment", (FileForm,), fields)


class RefuseForm(Form):
    """The reason of a refusal, and its words."""

    reason = RadioField(
        _l("Why is it refused?"),
        [InputRequired(CHOOSE)],
        choices=choices(REFUSAL_NAMES),
        coerce=RefusalReason,
    )
    note = TextAreaField(
        _l("In words"),
        [Optional(), Length(max=NOTE_LENGTH_MAX)],
        description=_l("What is missing is told once, and all of it. The applicant reads this."),
    )


class WithdrawForm(Form):
    """Why an application is withdrawn."""

    note = TextAreaField(_l("Why?"), [InputRequired(_l("Say why.")), Length(max=NOTE_LENGTH_MAX)])


class AssignForm(Form):
    """Who evaluates together, and when they plan to come."""

    assessor_id = SelectField(_l("Assessor"), [NumberRange(1, message=CHOOSE)], coerce=int)
    expert_id = SelectField(_l("Expert"), [NumberRange(1, message=CHOOSE)], coerce=int)
    visit_planned_at = DateTimeLocalField(
        _l("Planned visit"),
        [Optional()],
        format="%Y-%m-%dT%H:%M",
        description=_l("A guardian or agent of the person has to be there."),
    )

    interest_asked = BooleanField(
        _l("Both were asked: neither is related to the person, nor has an interest."),
        [InputRequired(_l("Ask both. Whoever is related or has an interest steps aside."))],
    )

    def offer(self, assessors: Iterable[Staff], experts: Iterable[Staff]) -> None:
        """Fill in the people to choose from; nobody is chosen before somebody chooses."""
        self.assessor_id.choices = _staff_choices(assessors)
        self.expert_id.choices = _staff_choices(experts)

    def planned_at(self, time_zone: str) -> datetime | None:
        """Return the planned instant, as entered by the clock of the area."""
        local: datetime | None = self.visit_planned_at.data
        return local and local.replace(tzinfo=ZoneInfo(time_zone))


def _staff_choices(staff: Iterable[Staff]) -> list[SelectChoice]:
    """Return nobody, then each with the number of people they have to evaluate."""
    shown = [
        SelectChoice(
            each.user.id,
            ngettext(
                "%(name)s (%(num)s person to evaluate)",
                "%(name)s (%(num)s people to evaluate)",
                each.load,
                name=each.user.name,
            ),
        )
        for each in staff
        if each.is_independent
    ]
    return [SelectChoice(NOBODY, CHOOSE), *shown]


class EvaluationForm(Form):
    """What stands beside the scores; these come as ``score-ITEM``."""

    revision = IntegerField(validators=[InputRequired()])
    guardian_present = StringField(
        _l("Guardian or agent present"),
        [Length(max=60)],  # a draft may lack it, a completed evaluation may not
        description=_l("Name, and what they are to the person: nobody is evaluated alone."),
    )
    notes = TextAreaField(
        _l("Notes"),
        [Optional(), Length(max=NOTES_LENGTH_MAX)],
        description=_l("What neighbours said, medical papers read, items on which you differed."),
    )


class ConfirmForm(Form):
    """An expert's confirmation of the evaluation they have looked at."""

    evaluation_id = HiddenField(validators=[InputRequired()])
    remark = TextAreaField(_l("Remark"), [Optional(), Length(max=REMARK_LENGTH_MAX)])


class SendBackForm(Form):
    """What has to be looked at again."""

    evaluation_id = HiddenField(validators=[InputRequired()])
    reason = TextAreaField(
        _l("What has to be looked at again?"),
        [InputRequired(_l("Say what has to be looked at again.")), Length(max=NOTE_LENGTH_MAX)],
    )


class CorrectConclusionForm(Form):
    """The right grade and days of a conclusion, and why."""

    grade = SelectField(_l("Grade"))
    concluded_on = DayField(_l("Concluded on"), [InputRequired(_l("Enter the day."))])
    last_valid_on = DayField(
        _l("Valid to"), [Optional()], description=_l("The last day. Empty: without end.")
    )
    reason = reason_field()


class ConfirmCorrectionForm(Form):
    """The correction that another expert proposed, as it was looked at."""

    proposal_id = HiddenField(validators=[InputRequired()])
