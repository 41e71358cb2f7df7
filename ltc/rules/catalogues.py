"""The shape of a catalogue of services: what a visit may consist of, as data."""

from collections.abc import Sequence
from dataclasses import dataclass

from ltc.rules.errors import Invalid
from ltc.rules.policies import Text, Value


class ServiceUnknown(Invalid):
    """The catalogue {catalogue} has no service “{code}”."""


@dataclass(frozen=True, slots=True)
class Service:
    """One item. ``code`` is ours, ``national_code`` None: not mapped yet.

    ``minutes`` is a planning value, None where none is given; ``nurse_only``: nobody else may do it.
    """

    code: str
    component: str
    name: Text
    minutes: int | None
    nurse_only: bool
    national_code: str | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A dated list of services, in the order of its source."""

    code: str
    title: Text
    dated: Value[object]
    source: Text
    notes: tuple[Text, ...]
    services: tuple[Service, ...]

    def service(self, code: str) -> Service:
        """Return a service by our code; raises ServiceUnknown."""
        for service in self.services:
            if service.code == code:
                return service
        raise ServiceUnknown(field="services", catalogue=self.code, code=code)

    def planned_minutes(self, codes: Sequence[str]) -> int:
        """Return the minutes of the services that have a planning value; raises ServiceUnknown."""
        return sum(self.service(code).minutes or 0 for code in codes)

    def needs_nurse(self, codes: Sequence[str]) -> bool:
        """Whether one of the services is for nurses only; raises ServiceUnknown."""
        return any(self.service(code).nurse_only for code in codes)
