"""Care plans: what a person is to receive, from whom, and how much of it is authorised."""

from enum import StrEnum

from ltc.rules.words import N_


class BonusChoice(StrEnum):
    """What a person takes for long home care, where the policy offers it."""

    TIME = "time"
    CASH = "cash"


BONUS_NAMES = {BonusChoice.TIME: N_("More time"), BonusChoice.CASH: N_("Cash")}
