"""
Telling Octopia how many are left, by offer packages of quantities (page "Offers by JSON packages" of
developer.octopia-io.net, read 2026-11). One call at a time; between two calls the state is the caller's to keep.

Stock is shared by all channels of a seller. Quantity 0 withdraws the offer. One package per seller and channel is open
at a time: one that is found open and is not ours is waited for, and closed only if nobody does.
"""

from dataclasses import replace

from shared.kernel.budgets import Budgets
from shared.kernel.errors import OutcomeUnknown, Refused, Unreadable
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.listings import StockLimits, StockLine, StockOutcome, StockStep
from shared.marketplaces.octopia.packages import OPEN, PackageGone, Packages
from shared.marketplaces.octopia.results import outcomes_of
from shared.marketplaces.octopia.submission import MOST_ROUNDS, Step, Submission, begun, dump, load
from shared.marketplaces.octopia.wire import OctopiaApi
from shared.marketplaces.ports import FarAccount, FrozenBody

_LIMITS = StockLimits(lines=5000, open_at_once=1, shared=True)
# Seconds before the next look, by what is waited for; what takes its time is looked at ever more rarely.
_TAKEN_IN, _LISTED, _OTHERS, _LONGEST = 1.0, 2.0, 10.0, 30.0
_GROWTH = 1.25
# Looks at a package of somebody else before it is closed; at what was asked for, before it is asked for again.
_PATIENCE, _SOON = 6, 3
_OPEN, _INTEGRATED, _REJECTED = OPEN.lower(), "integrated", "rejected"
_UNDER_WAY = frozenset({"ready", "integrationpending", _INTEGRATED, _REJECTED})


class OctopiaStock:
    """See `shared.marketplaces.ports.StockPort`."""

    def __init__(self, api: OctopiaApi) -> None:
        self._api = api

    @property
    def limits(self) -> StockLimits:
        return _LIMITS

    def begin(self, channel_id: str, lines: tuple[StockLine, ...]) -> FrozenBody:
        return dump(begun(channel_id, [(line.sku, line.quantity) for line in lines]))

    async def advance(
        self, account: FarAccount, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> StockStep:
        """An unknown outcome is never raised: the submission goes on in a way that does no harm either way."""
        submission = load(intent.value)
        packages = Packages(self._api, account, submission.channel, token, budgets, intent.send_before_monotonic)
        try:
            return await _STEPS[submission.step](submission, packages)
        except PackageGone:
            return _again(submission, ())


async def _find(submission: Submission, packages: Packages) -> StockStep:
    package = await packages.find_open()
    if package is None and submission.made:
        following = Step.CREATE if submission.looks % _SOON == _SOON - 1 else Step.FIND
        return _look_again(replace(submission, step=following), _ever_longer(submission))
    if package is None:
        return _step(submission.at(Step.CREATE))
    if submission.made:
        return _step(submission.at(Step.FILL, package=package))
    if submission.looks < _PATIENCE:
        return _step(submission.looked(), _OTHERS)
    return _step(submission.at(Step.CLOSE_OTHER, package=package))


async def _close_other(submission: Submission, packages: Packages) -> StockStep:
    """One that cannot be closed holds nothing yet: it is as good as a new one."""
    try:
        closed = await packages.make_ready(_package(submission))
    except OutcomeUnknown:
        closed = True
    return _step(submission.at(Step.FIND, package=None) if closed else submission.at(Step.FILL), _LISTED)


async def _create(submission: Submission, packages: Packages) -> StockStep:
    """
    Asked for twice, there is an open one the second time: the one we asked for.

    Or the last package is still being integrated, and there is no other until it is.
    """
    try:
        package = await packages.create()
    except OutcomeUnknown:
        package = None
    if package is None:
        return _look_again(replace(submission, step=Step.FIND, made=True), _LISTED)
    return _step(submission.at(Step.FILL, package=package))


async def _fill(submission: Submission, packages: Packages) -> StockStep:
    try:
        taken = await packages.fill(_package(submission), submission.chunk)
    except OutcomeUnknown:
        return _step(submission.at(Step.SETTLE, unsure=True), _LISTED)
    if not taken:
        return _look_again(submission, _TAKEN_IN)
    filled = submission.at(Step.FILL, filled=submission.filled + len(submission.chunk))
    return _step(filled.at(Step.SETTLE), _TAKEN_IN) if filled.is_full else _step(filled)


async def _settle(submission: Submission, packages: Packages) -> StockStep:
    """Uploads are taken in one after another; made ready before that, a package would go without them."""
    state = await packages.state(_package(submission))
    if state == _OPEN:
        return _step(replace(submission, step=Step.READY))
    return _step(submission.at(Step.WAIT)) if state in _UNDER_WAY else _look_again(submission, _TAKEN_IN)


async def _ready(submission: Submission, packages: Packages) -> StockStep:
    try:
        accepted = await packages.make_ready(_package(submission))
    except OutcomeUnknown:
        accepted = True
    if accepted:
        return _step(replace(submission, step=Step.WAIT), _TAKEN_IN)
    if submission.looks % _PATIENCE == _PATIENCE - 1:  # empty: what was told never got there
        return _refilled(submission)
    return _look_again(replace(submission, step=Step.SETTLE), _TAKEN_IN)  # or it is ready already


async def _wait(submission: Submission, packages: Packages) -> StockStep:
    state = await packages.state(_package(submission))
    if state == _INTEGRATED:
        return _step(submission.at(Step.RESULTS))
    if state == _REJECTED and submission.unsure:  # it may have been empty
        return _again(submission, ())
    if state == _REJECTED:
        raise Refused("Octopia rejected the package of quantities as a whole.", code="package_rejected")
    if state == _OPEN and submission.looks % _SOON == _SOON - 1:  # what made it ready was lost
        return _look_again(replace(submission, step=Step.READY), 0.0)
    return _look_again(submission, _ever_longer(submission))


async def _results(submission: Submission, packages: Packages) -> StockStep:
    try:
        items, cursor = await packages.results(_package(submission), submission.cursor)
    except Unreadable:
        return _look_again(submission, _ever_longer(submission))
    outcomes = outcomes_of(items, dict(submission.lines))
    left = submission.without({outcome.sku for outcome in outcomes})
    if cursor is not None:
        return _step(replace(left, cursor=cursor), outcomes=outcomes)
    return _again(left, outcomes) if left.lines else StockStep(state=None, outcomes=outcomes)


_STEPS = {
    Step.FIND: _find,
    Step.CLOSE_OTHER: _close_other,
    Step.CREATE: _create,
    Step.FILL: _fill,
    Step.SETTLE: _settle,
    Step.READY: _ready,
    Step.WAIT: _wait,
    Step.RESULTS: _results,
}


def _step(submission: Submission, wait_seconds: float = 0.0, outcomes: tuple[StockOutcome, ...] = ()) -> StockStep:
    return StockStep(dump(submission), wait_seconds, outcomes)


def _look_again(submission: Submission, wait_seconds: float) -> StockStep:
    if submission.is_stuck:
        raise Refused("Octopia does not go on with the package of quantities.", code="package_stuck")
    return _step(submission.looked(), wait_seconds)


def _again(submission: Submission, outcomes: tuple[StockOutcome, ...]) -> StockStep:
    """What no result told of goes into another package; it is given up after several that took nothing."""
    if submission.round >= MOST_ROUNDS:
        return StockStep(state=None, outcomes=(*outcomes, *submission.given_up()))
    return _step(submission.another_round(), _LISTED, outcomes)


def _refilled(submission: Submission) -> StockStep:
    """The same package from the first line on; what was there all the same is duplicated, and told again."""
    if submission.round >= MOST_ROUNDS:
        return StockStep(state=None, outcomes=submission.given_up())
    return _step(submission.at(Step.FILL, filled=0, unsure=False, round=submission.round + 1), _LISTED)


def _ever_longer(submission: Submission) -> float:
    return float(min(_LONGEST, _GROWTH**submission.looks))


def _package(submission: Submission) -> str:
    if submission.package is None:
        raise ValueError(f"at {submission.step} a submission has a package")
    return submission.package
