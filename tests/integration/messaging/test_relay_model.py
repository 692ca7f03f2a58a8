"""Outbox and inbox, walked on a real PostgreSQL beside a broker in memory: relays that fail, freeze, are taken over."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from aiokafka.errors import KafkaError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import make_engine
from shared.db.errors import Conflict
from shared.events.topics import INVENTORY_STOCK
from shared.messaging import relay
from shared.messaging.applier import Received
from shared.messaging.kafka import KafkaSettings
from shared.messaging.relay import run_relay
from tests.infrastructure import MakeDatabase
from tests.integration.messaging.conftest import applier, changed, levels, metadata, outbox, write

_MODELS = settings.get_profile("models")
_TOPIC = INVENTORY_STOCK.name
_LEADER = """
    select pid from pg_locks
    where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())
"""


@dataclass
class Broker:
    """
    The log of one topic. `outcomes`: of the next sends; then all is well.

    "lost": written, the acknowledgement does not come; "dropped": not written; "frozen": the relay stops before it is
    written, "half": after; both until `thawed`.
    """

    log: list[Received] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    frozen: asyncio.Event = field(default_factory=asyncio.Event)
    thawed: asyncio.Event = field(default_factory=asyncio.Event)

    def producer(self, **_: Any) -> "Producer":
        return Producer(self)

    def seen(self) -> dict[UUID, list[int]]:
        """By subject: sequences in the order of the log."""
        found: dict[UUID, list[int]] = {}
        for one in self.log:
            headers = dict(one.headers)
            found.setdefault(UUID(headers["ce_subject"].decode()), []).append(int(headers["ce_sequence"]))
        return found


class Client:
    """It knows where to send."""

    async def _metadata_update(self, *_: Any) -> bool:
        return True


@dataclass
class Producer:
    """An idempotent one: the broker takes nothing behind what it did not get."""

    broker: Broker
    dropped: bool = False
    client: Client = field(default_factory=Client)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, topic: str, *, key: bytes, value: bytes, headers: Any) -> "asyncio.Future[None]":
        outcome = self.broker.outcomes.pop(0) if self.broker.outcomes else "ok"
        if outcome == "frozen":
            self.broker.frozen.set()
            await self.broker.thawed.wait()
        self.dropped |= outcome == "dropped"
        if not self.dropped:
            self.broker.log.append(Received(topic, tuple(headers), value))
        return asyncio.ensure_future(self._acknowledged(outcome))

    async def _acknowledged(self, outcome: str) -> None:
        if outcome == "half":
            self.broker.frozen.set()
            await self.broker.thawed.wait()
        if self.dropped or outcome == "lost":
            raise KafkaError


class Events(RuleBasedStateMachine):
    """`written`: events by subject. `position`: the consumer group's committed offset."""

    def __init__(self, engine: AsyncEngine, runner: asyncio.Runner, broker_is: Callable[[Broker], None]) -> None:
        super().__init__()
        self.engine, self.runner = engine, runner
        self.broker = Broker()
        broker_is(self.broker)
        self.subjects = [uuid4() for _ in range(3)]
        self.written: dict[UUID, int] = {}
        self.applied: dict[UUID, tuple[int, int]] = {}
        self.position = 0

    @initialize()
    def begins(self) -> None:
        self._run(self._execute(f"truncate {', '.join(metadata.tables)}"))

    picks = st.lists(st.integers(0, 2), min_size=1, max_size=4)

    @rule(picks=picks)
    def is_written(self, picks: list[int]) -> None:
        """Several events of a transaction, in the order of their subjects' numbers."""
        for pick in picks:
            subject = self.subjects[pick]
            self.written[subject] = self.written.get(subject, 0) + 1
            self._run(write(self.engine, changed(subject, self.written[subject])))

    @rule(outcomes=st.lists(st.sampled_from(["ok", "lost", "dropped"]), max_size=4))
    def relay_works(self, outcomes: list[str]) -> None:
        self.broker.outcomes = outcomes
        self._run(self._relaying(self._published))
        self._in_order()

    @rule(picks=picks, outcomes=st.lists(st.just("ok"), max_size=2), how=st.sampled_from(["frozen", "half"]))
    def relay_dies(self, picks: list[int], outcomes: list[str], how: str) -> None:
        """In the middle of a batch; what it sent and did not mark is sent again by the next."""
        self.is_written(picks)
        self.broker.outcomes = [*outcomes[: len(picks) - 1], how]
        self._run(self._relaying(self._frozen, killed=True))
        self._in_order()

    @rule(picks=picks, outcomes=st.lists(st.just("ok"), max_size=2), how=st.sampled_from(["frozen", "half"]))
    def relay_is_taken_over(self, picks: list[int], outcomes: list[str], how: str) -> None:
        """It freezes and loses its session; another leads, publishes what is new by then, and the first one wakes."""
        self.is_written(picks)
        self.broker.outcomes = [*outcomes[: len(picks) - 1], how]
        self._run(self._relaying(self._taken_over, relays=2))
        self._in_order()

    @rule(count=st.integers(1, 6), dies=st.booleans(), beside=st.booleans())
    def is_consumed(self, count: int, dies: bool, beside: bool) -> None:
        """A batch; the consumer may die before its offset is committed, another may have the partition as well."""
        batch = self.broker.log[self.position : self.position + count]
        self._run(self._consume([batch, self.broker.log[max(0, self.position - 2) :]] if beside else [batch]))
        self.position += 0 if dies else len(batch)

    def teardown(self) -> None:
        self.relay_works([])
        self._run(self._consume([self.broker.log[self.position :]]))
        assert {subject: newest for subject, (newest, _) in self.applied.items()} == self.written

    def _in_order(self) -> None:
        """Each key's first appearances are 1, 2, 3: nothing overtakes, nothing marked as published is missing."""
        waiting = self._run(self._waiting())
        for subject, sequences in self.broker.seen().items():
            newest = [one for place, one in enumerate(sequences) if one > max(sequences[:place], default=0)]
            assert newest == list(range(1, len(newest) + 1))
            assert len(newest) >= self.written[subject] - waiting.get(subject, 0)
        assert all(subject in self.broker.seen() or subject in waiting for subject in self.written)

    async def _consume(self, batches: Sequence[Sequence[Received]]) -> None:
        """However often it comes, it has its effect once, and what is older none."""
        tried = await asyncio.gather(
            *(applier(self.engine).apply(_TOPIC, batch) for batch in batches), return_exceptions=True
        )
        assert all(error is None or isinstance(error, Conflict) for error in tried)
        if any(tried):
            await self._consume([batch for batch, error in zip(batches, tried, strict=True) if error])
        for subject, (newest, times) in (await levels(self.engine)).items():
            before, times_before = self.applied.get(subject, (0, 0))
            assert newest >= before
            assert times - times_before <= newest - before
            self.applied[subject] = newest, times

    async def _relaying(self, until: Callable[[], Awaitable[None]], *, relays: int = 1, killed: bool = False) -> None:
        self.broker.frozen, self.broker.thawed = asyncio.Event(), asyncio.Event()
        stop = asyncio.Event()
        url = self.engine.url.render_as_string(hide_password=False)
        kafka = KafkaSettings("nowhere", "")
        tasks = [asyncio.create_task(run_relay(url, kafka, service="inventory", stop=stop)) for _ in range(relays)]
        async with asyncio.timeout(60):
            await until()
            stop.set()
            for task in tasks if killed else ():
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=killed)

    async def _frozen(self) -> None:
        await self.broker.frozen.wait()

    async def _published(self) -> None:
        while await self._waiting():
            await asyncio.sleep(0.005)

    async def _taken_over(self) -> None:
        await self.broker.frozen.wait()
        leader = await self._execute(_LEADER)
        await self._execute(f"select pg_terminate_backend({leader})")
        await self._published()
        self.broker.thawed.set()

    async def _waiting(self) -> dict[UUID, int]:
        counted = select(outbox.c.subject, func.count()).where(outbox.c.published_at.is_(None))
        async with self.engine.connect() as connection:
            rows = await connection.execute(counted.group_by(outbox.c.subject))
            return {row[0]: row[1] for row in rows}

    async def _execute(self, statement: str) -> Any:
        async with self.engine.begin() as connection:
            done = await connection.execute(text(statement))
            return done.scalar_one() if done.returns_rows else None

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)


def test_events(database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Nothing is lost, nothing overtakes within a key, every event has its effect once, whoever relays and consumes.

    Seen red with: rows marked as published before they are acknowledged, a batch that is read newest first, and an
    inbox that lets the same number through again.
    """
    monkeypatch.setattr(relay, "_AWAY_SECONDS", 0.01)
    monkeypatch.setattr(relay, "_POLL_SECONDS", 0.02)

    def broker_is(broker: Broker) -> None:
        monkeypatch.setattr(relay, "AIOKafkaProducer", cast(Any, broker.producer))

    with asyncio.Runner() as runner:
        engine = make_engine(database("events"), "test")
        runner.run(_make_tables(engine))

        class Walk(Events):
            def __init__(self) -> None:
                super().__init__(engine, runner, broker_is)

        walks = settings(_MODELS, max_examples=_MODELS.max_examples // 4, stateful_step_count=15)
        run_state_machine_as_test(Walk, settings=walks)
        runner.run(engine.dispose())


async def _make_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
