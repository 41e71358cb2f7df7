"""What every form is made of: where a field refuses an entry, it says how to mend that.

The library's own sentences ("Not a valid choice.") say neither what is wrong nor what to do. Each of
them is said here in the words of this product, in the reader's language; a test walks them all. The
field is named beside the sentence: by its label above it, and in the list at the top of the page.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm

from ltc.rules.words import N_

CHOOSE_LISTED = N_("Choose an entry of the list; this one is not, or no longer, in it.")
ENTER_WHOLE = N_("Enter a whole number.")
ENTER_DECIMAL = N_("Enter a number such as 12.50.")
FILL_IN = N_("Fill this in: it is needed.")
# What the library says → what we say; the values in it are the library's.
SENTENCES: Mapping[str, str] = {
    "This field is required.": FILL_IN,
    "Invalid input.": N_("Enter this in the form that is described above."),
    "Not a valid choice.": CHOOSE_LISTED,
    "Invalid Choice: could not coerce.": CHOOSE_LISTED,
    "Invalid choice(s): one or more data inputs could not be coerced.": CHOOSE_LISTED,
    "Invalid value, must be one of: %(values)s.": N_("Enter one of: %(values)s."),
    "Invalid value, can't be any of: %(values)s.": N_("Enter something other than: %(values)s."),
    "Not a valid datetime value.": N_(
        "Enter a day and a time that exist, such as 2019-11-14 09:30."
    ),
    "Not a valid date value.": N_("Enter a day that exists, such as 2019-11-14."),
    "Not a valid time value.": N_("Enter a time such as 14:30; midnight is 00:00."),
    "Not a valid week value.": N_("Enter a week such as 2019-W46."),
    "Not a valid integer value.": ENTER_WHOLE,
    "Not a valid decimal value.": ENTER_DECIMAL,
    "Not a valid float value.": ENTER_DECIMAL,
    "Number must be at least %(min)s.": N_("Enter a number of at least %(min)s."),
    "Number must be at most %(max)s.": N_("Enter a number of at most %(max)s."),
    "Number must be between %(min)s and %(max)s.": N_("Enter a number from %(min)s to %(max)s."),
    "Date must be at least %(min)s.": N_("Enter a day from %(min)s on."),
    "Date must be at most %(max)s.": N_("Enter a day up to %(max)s."),
    "Date must be between %(min)s and %(max)s.": N_("Enter a day from %(min)s to %(max)s."),
    "Field must be between %(min)d and %(max)d characters long.": N_(
        "Enter from %(min)d to %(max)d characters; this has %(length)d."
    ),
    "Field must be equal to %(other_name)s.": N_("Enter the same in both fields."),
    "Invalid email address.": N_("Enter a mail address such as name@example.org."),
    "Invalid URL.": N_("Enter an address that begins with https://."),
    "Invalid UUID.": N_("Enter the whole number as it was given, with its dashes."),
    "Invalid IP address.": N_("Enter an IP address such as 192.0.2.1."),
    "Invalid Mac address.": N_("Enter a MAC address such as 00:00:5e:00:53:01."),
    "This field cannot be edited.": N_("Leave this as it is: it cannot be changed here."),
    "This field is disabled and cannot have a value.": N_(
        "Leave this empty: it cannot be filled in here."
    ),
    "File does not have an approved extension.": N_("Choose a file of another kind."),
    "File does not have an approved extension: {extensions}": N_(
        "Choose a file of one of these kinds: {extensions}"
    ),
    # Of sentences with a count, by the library's singular.
    "Field must be at least %(min)d character long.": N_(
        "This is too short: enter %(min)d or more characters."
    ),
    "Field cannot be longer than %(max)d character.": N_(
        "This is too long with %(length)d characters: shorten it to %(max)d at most."
    ),
    "Field must be exactly %(max)d character long.": N_(
        "This has %(length)d characters: exactly %(max)d are needed."
    ),
    "'%(value)s' is not a valid choice for this field.": N_(
        "Choose entries of the list; not in it: %(value)s."
    ),
}


class OwnWords:
    """Says the library's sentences in our words; it is asked while a form is checked."""

    def gettext(self, text: str) -> str:
        """Return our sentence for one of the library's; any other text as it is."""
        return str(gettext(SENTENCES[text])) if text in SENTENCES else text

    def ngettext(self, singular: str, _plural: str, _count: int) -> str:
        """Return our sentence for one of the library's with a count: ours need no plural."""
        return self.gettext(singular)


OWN_WORDS = OwnWords()


class Form(FlaskForm):  # type: ignore[misc]
    """A form of this product."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Where its fields take their sentences from."""

        def get_translations(self, _form: Any) -> OwnWords:
            """Return the words in which the library's refusals are said."""
            return OWN_WORDS
