"""Keeps whole numbers of people out of addresses, which browsers and proxies write down.

A filter's form is sent to ``search.find``, which leads to the list with what was chosen in its
address. A text that may be a whole number stands there encrypted, for its reader alone.
"""

import base64
import binascii
from typing import Any

from ltc import http
from ltc.store.person_numbers import may_be_whole_number
from ltc.store.sealing import SealBroken, seal, unseal

MARK = "~"  # what a hidden text begins with
LONGEST_HIDDEN = 60  # characters: no number is longer


def hide(text: str) -> str:
    """Return a text as it may stand in an address."""
    if len(text) > LONGEST_HIDDEN or not may_be_whole_number(text):
        return text
    sealed = seal(http.house().settings.keys, text, **_place())
    return MARK + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def reveal(text: str) -> str:
    """Return what ``hide`` hid for this reader; empty where it was for somebody else."""
    if not text.startswith(MARK):
        return text
    try:
        padded = text[len(MARK) :] + "=" * (-len(text[len(MARK) :]) % 4)
        return unseal(http.house().settings.keys, base64.urlsafe_b64decode(padded), **_place())
    except (binascii.Error, ValueError, SealBroken):
        return ""


def _place() -> dict[str, Any]:
    return {"table": "addresses", "column": "text", "row_id": http.current_actor().user_id or 0}
