"""What every call to a marketplace keeps to before it leaves."""

from datetime import timedelta

import pytest

from shared.kernel.budgets import Budgets, Rate
from shared.kernel.errors import Throttled
from shared.marketplaces.calls import spend
from tests.unit.marketplaces.far_side import NOW


def test_no_call_leaves_before_its_bucket_is_refilled() -> None:
    """
    Rounding is forgiven, nothing else: a far side that counts strictly would refuse it.

    Seen red with 50 ms forgiven.
    """
    budgets = Budgets({"confirm": Rate(2.0, 1)})
    spend("confirm", budgets, NOW)
    with pytest.raises(Throttled) as early:
        spend("confirm", budgets, NOW + timedelta(seconds=0.46))
    assert early.value.retry_after_seconds == pytest.approx(0.04)
    spend("confirm", budgets, NOW + timedelta(seconds=0.4999999))
