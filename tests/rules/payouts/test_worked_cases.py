"""Every example that a policy file carries comes to what it says."""

import pytest

from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.worked_cases import build_case
from ltc.rules.policies import Law, Policy, WorkedCase
from ltc.store.policies import LAW_FOLDER, read_law

EXAMPLES = [
    (law, policy, example)
    for law in read_law(LAW_FOLDER).laws.values()
    for policy in law.policies
    for example in policy.worked_cases
]


@pytest.mark.parametrize(
    ("law", "policy", "example"),
    EXAMPLES,
    ids=[f"{policy.area}: {example.title.en}" for _, policy, example in EXAMPLES],
)
def test_an_example_of_the_law_comes_to_its_amount(
    law: Law, policy: Policy, example: WorkedCase
) -> None:
    settlement = settle(law, build_case(policy, example))
    assert settlement.holds == ()
    assert sum(line.fund_fen for line in settlement.lines) == example.amount_fen


def test_there_are_examples_of_every_area_whose_law_is_known() -> None:
    areas = {policy.area for _, policy, _ in EXAMPLES}
    assert areas == set(read_law(LAW_FOLDER).laws) - {"qingdao"}
