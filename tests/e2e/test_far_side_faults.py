"""
Each fault kind of the far side, on each call it can strike: what the product does, what the seller sees, and that
everything catches up by itself after it ends.

The proofs run side by side on one stack, each with its own seller; a test here waits for one of them. `make check`
tries at each marketplace every kind of fault and every call at least once; `make faultpage` and `make leaks` try all.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.sandbox_apps import AMAZON, OCTOPIA
from deploy.local.stack import Stack
from tests.e2e import (
    faults_of_answers,
    faults_of_consent,
    faults_of_octopia,
    faults_of_reading,
    faults_of_stock,
    faults_of_telling,
    faults_page,
)
from tests.e2e.courses import Course, Proofs
from tests.e2e.databases import open_databases
from tests.sandbox.faults import KINDS
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

COURSES = [
    *faults_of_telling.COURSES,
    *faults_of_consent.COURSES,
    *faults_of_reading.COURSES,
    *faults_of_octopia.COURSES,
    *faults_of_answers.COURSES,
    *faults_of_stock.COURSES,
]
NAMES = [case.name for course in COURSES for case in course.cases]


def usual(courses: Sequence[Course]) -> set[str]:
    """Of all proofs those that are the first of their kind of fault at their marketplace, or of their call."""
    names, met = set(), set[object]()
    for course in courses:
        for case in course.cases:
            its = {(course.marketplace, case.kind), case.operation}
            if its - met:
                names.add(case.name)
            met |= its
    return names


_USUAL = usual(COURSES)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def proofs(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Proofs]:
    """All that was asked for is under way; only that, so that one alone is quick."""
    here = (item for item in request.session.items if item.path == Path(__file__) and hasattr(item, "callspec"))
    asked = {item.callspec.params.get("name") for item in here}
    async with open_databases(stack) as databases:
        running = Proofs(stack, databases, COURSES, asked & set(NAMES))
        yield running
        await running.close()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in _USUAL else pytest.mark.long) for name in NAMES]
)
async def test_the_product_bears_and_outlives(
    name: str, proofs: Proofs, stack: Stack, pytestconfig: pytest.Config
) -> None:
    """See the proof's own docstring, in `faults_of_*.py`."""
    account = await proofs.of(name)
    await faults_page.note(pytestconfig, account, stack.folder.logs, proofs.databases)


async def test_our_calls_are_what_a_strict_far_side_takes(stack: Stack, proofs: Proofs) -> None:
    """Through all of this no call of ours had an unknown parameter, a missing header or an odd word."""
    await proofs.all_done()
    async with Sandbox(stack.sandbox) as sandbox:
        assert (await sandbox.calls())["deviations"] == []


@pytest.mark.parametrize("marketplace", [AMAZON, OCTOPIA])
async def test_every_kind_of_fault_has_its_proof(marketplace: str) -> None:
    """Each kind a marketplace can play is proved on at least one of its calls."""
    playable = [kinds for operation, kinds in KINDS.items() if operation.startswith(f"{marketplace}.")]
    proved = {case.kind for course in COURSES if course.marketplace == marketplace for case in course.cases}
    assert set().union(*playable) - proved == set()


async def test_the_usual_proofs_meet_every_kind_and_every_call() -> None:
    """What is left to the long form is met in another proof."""
    tried = [(course.marketplace, case) for course in COURSES for case in course.cases if case.name in _USUAL]
    everything = [(course.marketplace, case) for course in COURSES for case in course.cases]
    assert {(market, case.kind) for market, case in tried} == {(market, case.kind) for market, case in everything}
    assert {case.operation for _, case in tried} == {case.operation for _, case in everything}
    assert len(tried) < len(everything)


async def test_each_proof_has_a_name_of_its_own() -> None:
    """What a test waits for is one proof."""
    assert len(NAMES) == len(set(NAMES))
