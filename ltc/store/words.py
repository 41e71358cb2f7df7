"""The Chinese of the marked sentences, for paper: read from the catalogue that the pages use."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).parents[2] / "translations/zh_Hans_CN/LC_MESSAGES/messages.po"


@cache
def load_chinese(path: Path = CATALOGUE) -> Mapping[str, str]:
    """Return the Chinese of every translated sentence by its English; read once a process.

    The catalogue's source is read, not what is compiled of it, so that nothing has to be compiled
    before something is printed. Guesses (fuzzy) do not count.
    """
    if not path.exists():
        return MappingProxyType({})
    with path.open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    return MappingProxyType({
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str) and isinstance(message.string, str)
        and message.id and message.string and not message.fuzzy
    })  # fmt: skip
