"""The catalogues of services that are installed: reading them, strictly, and finding one."""

from functools import cache
from pathlib import Path

from ltc.rules.catalogues import Catalogue, Service
from ltc.rules.errors import NotFound
from ltc.rules.policies import Text
from ltc.store.policies import LAW_FOLDER
from ltc.store.policy_values import ValueReader, read_text, take_amount, take_known
from ltc.store.yaml_reader import MapNode, read_law_file

CATALOGUES = LAW_FOLDER / "catalogues"
CURRENT = "shanghai-42"
COMPONENTS = ("daily_care", "medical_care")
NOT_GIVEN = "null"


class CatalogueUnknown(NotFound):
    """There is no catalogue of services “{code}”. Installed are: {known}."""


@cache
def get_catalogue(code: str = CURRENT) -> Catalogue:
    """Return an installed catalogue, read once a process; raises CatalogueUnknown, LawFileError."""
    known = list_codes()
    if code not in known:  # compared, not opened: a code from outside never becomes a path
        raise CatalogueUnknown(field="catalogue", code=code, known=", ".join(known))
    return load_catalogue(CATALOGUES / f"{code}.yaml")


def list_codes() -> tuple[str, ...]:
    """Return the codes of the installed catalogues."""
    return tuple(sorted(path.stem for path in CATALOGUES.glob("*.yaml")))


def load_catalogue(path: Path) -> Catalogue:
    """Read a catalogue from a file whose name is its code; raises LawFileError."""
    root = read_law_file(path)
    code = root.take("code", str)
    if code != path.stem:
        raise root.error("code", f"must be the name of the file, “{path.stem}”")
    catalogue = Catalogue(
        code=code,
        title=read_text(root, "title"),
        dated=ValueReader(code, {}, {}).read_day(root, "dated"),
        source=read_text(root, "source"),
        notes=tuple(read_text(root, key) for key in ("codes_note", "minutes_note", "nurse_note")),
        services=_read_services(root),
    )
    root.done()
    return catalogue


def _read_services(root: MapNode) -> tuple[Service, ...]:
    services: dict[str, Service] = {}
    for node in root.take_maps("items"):
        service = _read_service(node)
        if service.code in services:
            raise node.error("code", f"“{service.code}” stands twice; give each item its own")
        services[service.code] = service
        node.done()
    return tuple(services.values())


def _read_service(node: MapNode) -> Service:
    return Service(
        code=node.take("code", str),
        component=take_known(node, "component", COMPONENTS),
        name=Text(zh=node.take("zh", str), en=node.take("en", str)),
        minutes=_maybe_minutes(node),
        nurse_only=node.take("nurse", bool),
        national_code=None
        if _is_not_given(node, "national_code")
        else node.take("national_code", str),
    )


def _maybe_minutes(node: MapNode) -> int | None:
    return None if _is_not_given(node, "minutes") else take_amount(node, "minutes", "minutes")


def _is_not_given(node: MapNode, key: str) -> bool:
    """Take a key that is written out as ``null``; a key that is left out is a mistake."""
    if node.raw(key) != NOT_GIVEN:
        return False
    node.pass_over(key)
    return True
