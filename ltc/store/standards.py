"""The scales of grades that are installed (``ltc/policy/standards.yaml``), read strictly."""

from collections.abc import Mapping
from pathlib import Path

from ltc.rules.policies import Level, Standard, Text
from ltc.store.yaml_reader import MapNode, read_law_file

FILE_NAME = "standards.yaml"


def load_standards(folder: Path) -> Mapping[str, Standard]:
    """Return the standards of a law folder by code; raises LawFileError."""
    root = read_law_file(folder / FILE_NAME)
    standards = {code: _read_standard(code, root.take_map(code)) for code in root.keys()}  # noqa: SIM118 - not a dict
    root.done()
    return standards


def _read_standard(code: str, node: MapNode) -> Standard:
    name = node.take_map("name")
    standard = Standard(
        code=code,
        name=Text(zh=name.take("zh", str), en=name.take("en", str)),
        grades=_read_grades(node),
    )
    name.done()
    node.done()
    return standard


def _read_grades(node: MapNode) -> tuple[Level, ...]:
    grades: dict[str, Level] = {}
    for entry in node.take_maps("grades"):
        code = entry.take("code", str)
        if code in grades:
            raise entry.error("code", f"“{code}” stands twice; name each grade once")
        grades[code] = Level(code, Text(zh=entry.take("zh", str), en=entry.take("en", str)))
        entry.done()
    return tuple(grades.values())
