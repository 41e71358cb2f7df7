"""Fills the sentences of an explanation in English, for the shell; pages use their translations."""

from ltc.rules.payouts.explain import Sentence
from ltc.rules.written_numbers import write_percent

FEN_PER_YUAN = 100


def fill_sentence(sentence: Sentence) -> str:
    """Return a sentence with its values: amounts in yuan, shares in per cent."""
    text, values = sentence
    return text % {name: _format(name, value) for name, value in values.items()}


def format_yuan(amount_fen: int) -> str:
    """Return an amount such as 1,300.00."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{format_plain_yuan(abs(amount_fen), ',')}"


def format_plain_yuan(amount_fen: int, separator: str = "") -> str:
    """Return an amount such as 1300.00, as case files write it."""
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), FEN_PER_YUAN)
    whole = f"{yuan:,}".replace(",", separator)
    return f"{sign}{whole}.{fen:02d}"


def _format(name: str, value: str | int) -> str:
    if not isinstance(value, int):
        return value.lower() if name == "reason" else value
    if name.endswith("_fen") or "_fen_per_" in name:
        return format_yuan(value)
    if name.endswith("_bp"):
        return f"{write_percent(value)}%"
    return str(value)
