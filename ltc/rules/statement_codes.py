"""The short code on a statement by which anybody may ask whether it is genuine.

80 bits in sixteen letters and digits, drawn from the statement's content and the whole digest of
the approved run, of which the paper names the beginning only. So the code cannot be guessed or
reckoned from what is printed, it is the same however often the statement is printed, and it
belongs to this content alone. The alphabet (Crockford's) leaves out what is easily misread.
"""

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH, GROUP_LENGTH = 16, 4
BITS_PER_SIGN = 5
# How the signs that the alphabet leaves out are meant when somebody types them.
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "\N{EM DASH}": ""})


def build_code(run_digest: str, number: str, content_digest: str) -> str:
    """Return the code of a statement, without the hyphens."""
    secret = f"statement {run_digest} {number} {content_digest}"
    drawn = int.from_bytes(hashlib.sha256(secret.encode()).digest(), "big")
    places = range(CODE_LENGTH)
    return "".join(ALPHABET[(drawn >> BITS_PER_SIGN * place) % len(ALPHABET)] for place in places)


def parse_code(text: str) -> str | None:
    """Return the code that somebody typed, however it is grouped; None where it cannot be one."""
    code = text.strip().upper().translate(MISREAD)
    is_code = len(code) == CODE_LENGTH and set(code) <= set(ALPHABET)
    return code if is_code else None


def write_code(code: str) -> str:
    """Return a code as it is printed: ``7K3M-…``, four groups of four."""
    starts = range(0, len(code), GROUP_LENGTH)
    return "-".join(code[start : start + GROUP_LENGTH] for start in starts)
