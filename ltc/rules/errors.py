"""What can go wrong, in four families that the doors turn into 404, 403, 422 and 409.

The docstring of a class is its message: one sentence that says what happened and how to mend it,
with ``{placeholders}`` that are filled from the values given when it is raised. Doors translate
the sentence first and fill it afterwards. Where a value may be one of something that is counted,
``one`` names it, with the sentence that is said then.
"""


class Problem(Exception):
    """Something went wrong."""

    status = 500
    one = ("", "")
    # Who can help, where it is not whom the status names; empty where the message says all.
    helper: str | None = None

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        """Name the field of the input at fault, if there is one, and the values of the sentence."""
        self.field = field
        # What a task found, for who may see cases; the sentence, which is mailed, names none.
        self.rows: list[dict[str, object]] = []
        self.values = values
        super().__init__(self.message)

    @property
    def template(self) -> str:
        """The English sentence with its placeholders: what catalogues translate."""
        counted, singular = self.one
        if self.values.get(counted) == 1:
            return singular
        return " ".join((type(self).__doc__ or "").split())

    @property
    def code(self) -> str:
        """A stable name for programs, such as ``licence_taken``."""
        name = type(self).__name__
        return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")

    @property
    def message(self) -> str:
        """The English sentence, filled."""
        return self.template.format(**self.values)


class NotFound(Problem):
    """There is no such record, or it is not yours to see."""

    status = 404


class NotAllowed(Problem):
    """Your role does not include this."""

    status = 403


class Invalid(Problem):
    """Something in the input has to be corrected."""

    status = 422


class Conflict(Problem):
    """The record has changed or does not allow this now."""

    status = 409
