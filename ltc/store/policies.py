"""The installed law: all policies of all areas, read strictly once a process.

``load_law`` is what the application starts with: it checks the seals first, then reads every file.
``read_law`` reads without seals, for a folder that is still being written.
"""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

from ltc.rules.policies import Law, LawBook, Policy, Standard
from ltc.store.policy_files import read_policy
from ltc.store.policy_seals import POLICY_FILE, check_seals
from ltc.store.standards import load_standards
from ltc.store.yaml_reader import LawFileError

LAW_FOLDER = Path(__file__).parent.parent / "policy"


@cache
def load_law(folder: Path = LAW_FOLDER) -> LawBook:
    """Return the law of a sealed folder; raises SealMismatch, LawFileError."""
    check_seals(folder)
    return read_law(folder)


def read_law(folder: Path) -> LawBook:
    """Return the law of a folder whatever its seals say; raises LawFileError."""
    standards = load_standards(folder)
    return LawBook(
        laws={area.name: _read_area(area, standards) for area in _list_areas(folder)},
        standards=standards,
    )


def _list_areas(folder: Path) -> list[Path]:
    """Return the folders that hold policies, in the order of their names."""
    return sorted({path.parent for path in folder.glob("*/*.yaml") if POLICY_FILE.match(path.name)})


def _read_area(folder: Path, standards: Mapping[str, Standard]) -> Law:
    paths = sorted(folder.glob("*.yaml"))
    for path in paths:
        if not POLICY_FILE.match(path.name):
            raise LawFileError(path, 0, "", "is not named for a first day, such as 2022-01-01.yaml")
    policies = [(path, read_policy(path, standards)) for path in paths]
    for earlier, (path, later) in pairwise(policies):
        _check_follows(earlier[1], path, later)
    return Law(area=folder.name, policies=tuple(policy for _, policy in policies))


def _check_follows(earlier: Policy, path: Path, later: Policy) -> None:
    """Refuse two policies on one day, and days without any; names the later file."""
    end, start = earlier.ends_before, later.starts_on
    if end == start:
        return
    line = find_line(path, "starts_on")
    if end is None or end > start:
        reason = f"overlaps the policy of {earlier.starts_on}, which ends before {end or 'no day'}"
    else:
        reason = f"leaves a gap: the policy of {earlier.starts_on} already ends before {end}"
    mend = f"; set its ends_before to {start}"
    raise LawFileError(path, line, "starts_on", reason + mend)


def find_line(path: Path, key: str) -> int:
    """Return the line on which a key of the top mapping stands."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:"))
