"""
How fast we may ask: a token bucket per operation, for one connection.

Held by whoever has the connection's lease and saved with it; seeded from the marketplace's `operations.py`, corrected
by the far side's own figure and by a refusal. Rates are calls per second, bursts whole calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class Rate:
    per_second: float
    burst: int


class SavedBucket(TypedDict):
    tokens: float
    per_second: float
    at: str


@dataclass(slots=True)
class Bucket:
    rate: Rate
    tokens: float
    at: datetime

    def refill(self, now: datetime) -> None:
        passed = max(0.0, (now - self.at).total_seconds())
        self.tokens = min(float(self.rate.burst), self.tokens + passed * self.rate.per_second)
        self.at = max(now, self.at)

    def wait_seconds(self, now: datetime) -> float:
        """Seconds until one call may be made; 0 = now."""
        self.refill(now)
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / self.rate.per_second


@dataclass(slots=True)
class Budgets:
    """The buckets of one lease, by operation name."""

    rates: Mapping[str, Rate]
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def wait_seconds(self, operation: str, now: datetime) -> float:
        return self._bucket(operation, now).wait_seconds(now)

    def calls_left(self, operation: str, now: datetime) -> int:
        """How many calls may be made at once now."""
        bucket = self._bucket(operation, now)
        bucket.refill(now)
        return max(int(bucket.tokens), 0)

    def spend(self, operation: str, now: datetime) -> None:
        """One call is about to be made (its answer does not matter: a refusal costs too)."""
        bucket = self._bucket(operation, now)
        bucket.refill(now)
        bucket.tokens -= 1

    def learn(self, operation: str, per_second: float, now: datetime) -> None:
        """The far side told its rate in a header."""
        if per_second > 0:
            bucket = self._bucket(operation, now)
            bucket.rate = Rate(per_second, bucket.rate.burst)

    def refused(self, operation: str, now: datetime) -> float:
        """We were told to slow down: the bucket is empty. Seconds until the next call."""
        bucket = self._bucket(operation, now)
        bucket.refill(now)
        bucket.tokens = min(bucket.tokens, 0.0)
        return bucket.wait_seconds(now)

    def dump(self) -> dict[str, SavedBucket]:
        return {
            name: {"tokens": bucket.tokens, "per_second": bucket.rate.per_second, "at": bucket.at.isoformat()}
            for name, bucket in self.buckets.items()
        }

    @classmethod
    def load(cls, rates: Mapping[str, Rate], saved: Mapping[str, SavedBucket]) -> "Budgets":
        budgets = cls(rates)
        for name, bucket in saved.items():
            if name in rates:
                rate = Rate(bucket["per_second"], rates[name].burst)
                budgets.buckets[name] = Bucket(rate, bucket["tokens"], datetime.fromisoformat(bucket["at"]))
        return budgets

    def _bucket(self, operation: str, now: datetime) -> Bucket:
        if operation not in self.buckets:
            rate = self.rates[operation]
            self.buckets[operation] = Bucket(rate, float(rate.burst), now)
        return self.buckets[operation]
