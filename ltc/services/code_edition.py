"""Which code this process has loaded, as one digest: two processes that agree calculate alike.

Taken once, when the process begins: a process that goes on after an update still has the old code.
"""

import hashlib
from pathlib import Path

from ltc.rules.payouts.runs import EDITION

PRODUCT = Path(__file__).resolve().parent.parent
# All that takes part in a piece of work: what reads the facts, and what decides upon them.
FLOORS = ("rules", "services", "store")


def digest_code(product: Path) -> str:
    """Return SHA-256 (hex) over the edition of the rules and every module of the floors."""
    digest = hashlib.sha256(EDITION.encode())
    for floor in FLOORS:
        for path in sorted((product / floor).rglob("*.py")):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(product).as_posix()}:{content}\n".encode())
    return digest.hexdigest()


CODE_EDITION = digest_code(PRODUCT)
