"""What can hold an amount, and whose task it is to clear it (the words stand in ``explain``)."""

from enum import StrEnum

from ltc.rules.access import Role


class HoldKind(StrEnum):
    """Why (a part of) an amount waits."""

    VALUE_UNKNOWN = "value_unknown"
    NO_POLICY = "no_policy"
    SCHEME_NOT_IN_POLICY = "scheme_not_in_policy"
    GRADE_NOT_IN_POLICY = "grade_not_in_policy"
    MODE_NOT_IN_POLICY = "mode_not_in_policy"
    ASSISTANCE_NOT_IN_POLICY = "assistance_not_in_policy"
    CONTRIBUTION_MISSING = "contribution_missing"
    CONCLUSION_EXPIRED = "conclusion_expired"
    PLAN_UNCONFIRMED = "plan_unconfirmed"
    NO_PROVIDER = "no_provider"
    NO_AGREEMENT = "no_agreement"
    NO_ACCOUNT = "no_account"
    PRICE_MISSING = "price_missing"
    BONUS_CHOICE_MISSING = "bonus_choice_missing"
    CALCULATION_FAILED = "calculation_failed"


OWNERS: dict[HoldKind, Role] = {
    HoldKind.VALUE_UNKNOWN: Role.ADMINISTRATOR,
    HoldKind.NO_POLICY: Role.ADMINISTRATOR,
    HoldKind.SCHEME_NOT_IN_POLICY: Role.ADMINISTRATOR,
    HoldKind.GRADE_NOT_IN_POLICY: Role.ADMINISTRATOR,
    HoldKind.MODE_NOT_IN_POLICY: Role.ADMINISTRATOR,
    HoldKind.ASSISTANCE_NOT_IN_POLICY: Role.ADMINISTRATOR,
    HoldKind.CONTRIBUTION_MISSING: Role.OFFICER,
    HoldKind.CONCLUSION_EXPIRED: Role.OFFICER,
    HoldKind.PLAN_UNCONFIRMED: Role.PROVIDER_MANAGER,
    HoldKind.NO_PROVIDER: Role.OFFICER,
    HoldKind.NO_AGREEMENT: Role.OFFICER,
    HoldKind.NO_ACCOUNT: Role.OFFICER,
    HoldKind.PRICE_MISSING: Role.PROVIDER_MANAGER,
    HoldKind.BONUS_CHOICE_MISSING: Role.OFFICER,
    HoldKind.CALCULATION_FAILED: Role.ADMINISTRATOR,
}
