"""What a chunk writes: traces as the rules write them, only faster."""

from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.payouts.trace import encode
from ltc.services.payout_chunks import encode_fast

WHOLE = st.integers(-(2**63), 2**63 - 1)
TREES = st.recursive(
    st.text() | WHOLE | st.none() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(TREES)
def test_a_trace_has_the_same_bytes_whoever_writes_it(tree):
    assert encode_fast(tree) == encode(tree)
