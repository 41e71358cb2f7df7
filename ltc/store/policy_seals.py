"""Seals of the law's files: a checksum each, in ``SEALS``; a file that differs stops the start.

A line of the file is ``<SHA-256>  <path>``, in the order of the paths, as ``sha256sum -c`` reads
it. A file may be sealed anew only while nothing rests on it; otherwise a reason is asked for and
stays in the file as a comment, for everybody who reads it later.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

SEALS = "SEALS"
POLICY_FILE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.yaml$")
SEAL = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>.+)")
TITLE = "# Checksums of the law (SHA-256). Written by “flask law seal”; not to be edited by hand."


class SealMismatch(Exception):
    """A file of the law is not as it was sealed. The message names it and says what to do."""


class SealRefused(Exception):
    """A file that is already law may not be sealed anew without a reason."""


def check_seals(folder: Path) -> None:
    """Compare every file with its seal; raises SealMismatch with all that differ."""
    sealed, found = read_seals(folder), _list_digests(folder)
    problems = [
        *(f"{name} was changed after it was sealed" for name in _changed(sealed, found)),
        *(f"{name} is sealed but missing" for name in sealed if name not in found),
        *(f"{name} is not sealed yet" for name in found if name not in sealed),
    ]
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise SealMismatch(
            f"The law in {folder} is not as it was sealed:\n{lines}\n"
            "Put the files back, or, if this is meant, run “flask law seal”."
        )


def read_seals(folder: Path) -> Mapping[str, str]:
    """Return the sealed checksums by path; none where the folder was never sealed.

    Raises SealMismatch at a line that is no seal, such as one of a merge that was not resolved.
    """
    sealed = {}
    for number, line in enumerate(_read(folder), start=1):
        match = SEAL.fullmatch(line)
        if match is not None:
            sealed[match["name"]] = match["digest"]
        elif line and not line.startswith("#"):
            raise SealMismatch(f"{folder / SEALS}:{number}: is no seal. Put the file back.")
    return sealed


def write_seals(folder: Path, today: date, reason: str | None = None) -> tuple[str, ...]:
    """Seal all files as they are and return the paths whose seals are new or different.

    A seal that stands already is kept from changing (SealRefused) where the file is in use: a
    policy whose first day is not after ``today``, or any file without a day. A reason lifts this.
    """
    sealed, found = read_seals(folder), _list_digests(folder)
    changed = _changed(sealed, found)
    gone = [name for name in sealed if name not in found]
    in_use = [name for name in (*changed, *gone) if _is_in_use(name, today)]
    if in_use and not (reason and reason.strip()):
        raise SealRefused(
            f"{', '.join(in_use)} is already law. Write a new file for what holds from a later "
            "day; or, to correct a mistake, say why: flask law seal --reason “…”"
        )
    remarks = [
        f"# {today}: {name} sealed anew: {' '.join((reason or '').split())}" for name in in_use
    ]
    _write(folder, found, [*_remarks(folder), *remarks])
    return tuple(name for name in found if sealed.get(name) != found[name])


def _changed(sealed: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    return [name for name in found if name in sealed and sealed[name] != found[name]]


def _is_in_use(name: str, today: date) -> bool:
    match = POLICY_FILE.search(name)
    return match is None or match[1] <= today.isoformat()


def _list_digests(folder: Path) -> Mapping[str, str]:
    """Return the checksum of every YAML file, in the order of the paths."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.yaml")}
    return {name: hashlib.sha256(paths[name].read_bytes()).hexdigest() for name in sorted(paths)}


def _read(folder: Path) -> list[str]:
    path = folder / SEALS
    try:
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise SealMismatch(f"{path}: cannot be read as text. Put the file back.") from error


def _remarks(folder: Path) -> list[str]:
    return [line for line in _read(folder) if line.startswith("#") and line != TITLE]


def _write(folder: Path, digests: Mapping[str, str], remarks: list[str]) -> None:
    lines = [TITLE, *remarks, *(f"{digest}  {name}" for name, digest in digests.items())]
    (folder / SEALS).write_text("\n".join(lines) + "\n", encoding="utf-8")
