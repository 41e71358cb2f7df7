"""Forms of payout runs: they check shape only, the rules check the rest."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from ltc.web.forms.base import Form
from ltc.web.forms.fields import DayField

REMARK_LENGTH_MAX = 500


class StartForm(Form):
    """Which month is calculated, and from the facts known on which day."""

    month = StringField(
        _l("Month"),
        [InputRequired(_l("Choose a month.")), Length(max=7)],
        description=_l("Year and month, such as 2019-11."),
        render_kw={"type": "month"},
    )
    known_on = DayField(
        _l("As known at the end of"),
        [Optional()],
        description=_l("Leave this empty for all that is known now."),
    )


class DecideForm(Form):
    """A decision on a run, bound to the digest of what was shown."""

    digest = HiddenField(validators=[InputRequired(), Length(max=64)])


class SendBackForm(Form):
    """Why a run goes back."""

    remark = TextAreaField(
        _l("What has to be mended"),
        [InputRequired(_l("Say in a few words why the run goes back.")),
         Length(max=REMARK_LENGTH_MAX)],
    )  # fmt: skip
