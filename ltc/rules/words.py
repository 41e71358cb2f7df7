"""Marks words for translation on floors that do not translate."""


def N_(text: str) -> str:  # noqa: N802 - the name that message extractors look for
    """Return the text unchanged; the doors translate it when they show it."""
    return text


class Word(str):
    """A marked text as a value of a problem's sentence: the doors translate it, too."""

    __slots__ = ()
