"""Every value of the law that a trace names can be found in the policy, with its source."""

from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.worked_cases import build_case
from ltc.store.policies import LAW_FOLDER, read_law


def test_every_key_of_a_trace_is_a_value_of_the_policy() -> None:
    for law in read_law(LAW_FOLDER).laws.values():
        known = {value.key for policy in law.policies for value in policy.values}
        for policy in law.policies:
            for example in policy.worked_cases:
                steps = settle(law, build_case(policy, example)).steps
                used = {key for step in steps for key in step.law}
                assert used
                assert used <= known, law.area
