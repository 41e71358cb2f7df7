"""Forms of users."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from ltc.web.forms.base import Form
from ltc.web.forms.fields import named_field


class CreateForm(Form):
    """Who is to sign in, as what, and where."""

    sign_in_name = StringField(
        _l("Sign-in name"),
        [InputRequired(_l("Enter a sign-in name.")), Length(max=80)],
        description=_l("Small Latin letters, digits and . - _ @"),
    )
    name = StringField(_l("Name"), [InputRequired(_l("Enter the name.")), Length(max=120)])
    role = SelectField(_l("Role"), [InputRequired(_l("Choose a role."))])
    organisation = named_field(
        _l("Organisation"),
        "organisations",
        _l("Enter the organisation."),
        _l("Its whole name, or the code of a provider. It has to fit the role."),
    )
    district_id = SelectField(
        _l("District"),
        [Optional()],
        coerce=lambda value: int(value) if value else None,
        description=_l("Only for the agency: whoever is bound to a district sees nothing else."),
    )
    carer_code = StringField(
        _l("Carer's code"),
        [Optional(), Length(max=30)],
        description=_l("Only for the role of a carer: the code under which they are registered."),
    )


class DeactivateForm(Form):
    """Why somebody is not to sign in any more."""

    reason = StringField(
        _l("Reason"), [InputRequired(_l("Enter the reason.")), Length(min=3, max=200)]
    )


class ConfirmForm(Form):
    """A button; the tokens are all it has."""
