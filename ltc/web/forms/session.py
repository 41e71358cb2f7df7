"""Forms of signing in and of one's own password."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, Optional

from ltc.rules.users import PASSWORD_LENGTH_MAX
from ltc.web.forms.base import Form

LONGEST = Length(max=PASSWORD_LENGTH_MAX, message=_l("This is too long."))


class SignInForm(Form):
    """Name and password; ``next`` is the page to go back to."""

    sign_in_name = StringField(
        _l("Sign-in name"), [InputRequired(_l("Enter your sign-in name.")), LONGEST]
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), LONGEST])
    next = HiddenField(validators=[Optional()])


class PasswordForm(Form):
    """The password of now, and the new one."""

    old_password = PasswordField(
        _l("Your password now"), [InputRequired(_l("Enter the password you have now.")), LONGEST]
    )
    new_password = PasswordField(
        _l("New password"),
        [InputRequired(_l("Enter a new password.")), LONGEST],
        description=_l("At least 12 characters. A sentence of four words is easy to keep."),
    )
