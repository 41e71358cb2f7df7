"""Who bears which part of an amount: the fund, medical assistance, the person.

The fund's part is rounded once. What it leaves is shared between assistance and person, so that
fund + assistance + person is always the eligible amount, to the fen.
"""

from dataclasses import dataclass

from ltc.rules.errors import NotFound
from ltc.rules.money import share
from ltc.rules.policies import Assistance, Policy


class AssistanceNotInPolicy(NotFound):
    """The policy of {area} has no share of medical assistance for “{category}”."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount in its parts, all in fen; ``excess_fen`` is beyond what the law counts."""

    eligible_fen: int
    fund_fen: int
    assistance_fen: int
    person_fen: int
    excess_fen: int

    def times(self, days: int) -> "Parts":
        """Return the parts of so many equal days."""
        return Parts(self.eligible_fen * days, self.fund_fen * days, self.assistance_fen * days,
                     self.person_fen * days, self.excess_fen * days)  # fmt: skip

    def plus(self, other: "Parts") -> "Parts":
        """Return the sum of both, part by part."""
        return Parts(
            self.eligible_fen + other.eligible_fen, self.fund_fen + other.fund_fen,
            self.assistance_fen + other.assistance_fen, self.person_fen + other.person_fen,
            self.excess_fen + other.excess_fen,
        )  # fmt: skip


NOTHING = Parts(0, 0, 0, 0, 0)


def share_out(eligible_fen: int, fund_fen: int, assistance_bp: int, excess_fen: int = 0) -> Parts:
    """Return an eligible amount in its parts; assistance takes its share of what the fund leaves."""
    left_fen = eligible_fen - fund_fen
    assistance_fen = share(left_fen, assistance_bp) if assistance_bp and left_fen else 0
    return Parts(eligible_fen, fund_fen, assistance_fen, left_fen - assistance_fen, excess_fen)


def flat(fund_fen: int) -> Parts:
    """Return a sum that the fund bears alone."""
    return Parts(fund_fen, fund_fen, 0, 0, 0)


def get_assistance(policy: Policy, category: str) -> Assistance:
    """Return the medical assistance of a category; raises AssistanceNotInPolicy."""
    if category not in policy.assistance:
        raise AssistanceNotInPolicy(area=policy.area, category=category)
    return policy.assistance[category]
