"""The stage of the demonstration: a database session, and a context for anybody at any time."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from ltc.rules.access import Actor, build_machine
from ltc.services.context import Context, Policies
from ltc.store.users import User


@dataclass(slots=True)
class Stage:
    """Who plays, by sign-in name; ``districts`` are ids in the order of
    ``places.DISTRICTS``, ``firms`` the ids of providers by code.
    """

    session: Session
    policies: Policies
    area_id: int
    users: dict[str, Actor] = field(default_factory=dict)
    districts: list[int] = field(default_factory=list)
    firms: dict[str, int] = field(default_factory=dict)

    def enter(self, user: User) -> None:
        """Let a user play under their sign-in name."""
        self.users[user.sign_in_name] = Actor(
            user.id, user.name, user.role, user.area_id, user.organisation_id, user.district_id,
            user.carer_id, door="shell",
        )  # fmt: skip

    def acting(self, sign_in_name: str, now: datetime) -> Context:
        """Return the context of a user at a told time."""
        return Context(self.session, self.users[sign_in_name], now, self.policies)

    def machine(self, now: datetime) -> Context:
        """Return the context of the machine at a told time."""
        actor = build_machine(self.area_id, "shell")
        return Context(self.session, actor, now, self.policies)

    def forget(self) -> None:
        """Let go of the rows read so far, so that the next person costs no more than the first."""
        self.session.expunge_all()
