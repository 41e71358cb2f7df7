"""The form of an import: what the file tells of, and the file."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from ltc.rules.imports import KIND_NAMES, ImportKind
from ltc.web.forms.base import Form


class ImportForm(Form):
    """Which kind, and which file."""

    kind = RadioField(
        _l("What the file tells of"),
        [InputRequired(_l("Choose what the file tells of."))],
        coerce=str,
    )
    file = FileField(_l("CSV or XLSX file"), [FileRequired(_l("Choose a file."))])

    def offer(self, kinds: Sequence[ImportKind]) -> None:
        """Fill in the kinds that the actor may import."""
        self.kind.choices = [SelectChoice(kind.value, _l(KIND_NAMES[kind])) for kind in kinds]
