"""Beginning and completing a consent, over fakes: what is used up when, and what a far side's answer leads to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.auth.domain.connection import ConnectionState
from services.auth.domain.consent import ConsentFailed, ConsentProblem, ConsentState, Returned, read_return
from services.auth.domain.opaque import digest
from services.auth.usecases.begin_consent import Offer, Wanted, Who, begin_consent
from services.auth.usecases.complete_consent import complete_consent
from services.auth.usecases.errors import RegionNotOffered
from shared.kernel.errors import (
    ClientSecretInvalid,
    ConsentLost,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
    Unreadable,
)
from shared.marketplaces.models import Places
from tests.unit.auth.builders import (
    NOW,
    ORGANISATION,
    OTHER_ORGANISATION,
    USER,
    FakeOAuth,
    FakeVault,
    FixedClock,
    Tables,
    connection,
    consent_state,
    grant,
)

RETURNED = Returned("state", "code", "A1SELLER")
LASTS = {"amazon": timedelta(days=365)}


def offers(oauth: FakeOAuth) -> dict[str, Offer]:
    """An application for Europe only."""
    places = Places({"FR": "eu", "US": "na"}, {"eu": "FR", "na": "US"})
    return {"amazon": Offer(oauth, places, "https://us/callback", frozenset({"eu"}))}  # type: ignore[arg-type]


async def complete(tables: Tables, vault: FakeVault, *, session: str = "session", marketplace: str = "amazon") -> None:
    await complete_consent(RETURNED, session, marketplace, uow=tables.uow, vault=vault, lasts=LASTS, clock=FixedClock())


async def problem_of(tables: Tables, vault: FakeVault, **given: str) -> ConsentProblem:
    with pytest.raises(ConsentFailed) as failed:
        await complete(tables, vault, **given)
    return failed.value.problem


async def test_a_state_is_kept_as_its_digest_for_ten_minutes() -> None:
    """The parameter itself is in the address only."""
    tables, oauth = Tables(), FakeOAuth()
    who, wanted = Who("session", ORGANISATION, USER), Wanted("amazon", "FR", " Shop ")
    await begin_consent(
        wanted, who, store=tables.store(), offers=offers(oauth), clock=FixedClock(), new_secret=lambda: "random"
    )
    (kept,) = tables.consents.values()
    assert (kept.digest, kept.name, kept.expires_at) == (digest("random"), "Shop", NOW + timedelta(minutes=10))
    assert oauth.addresses == [
        {"country": "FR", "region": "eu", "state": "random", "redirect_uri": "https://us/callback"}
    ]
    assert "random" not in str(tables)


async def test_only_regions_with_an_application_are_offered() -> None:
    """Nothing is begun elsewhere."""
    tables = Tables()
    for wanted in (Wanted("amazon", "US", "n"), Wanted("amazon", "eu", "n"), Wanted("ebay", "FR", "n")):
        with pytest.raises(RegionNotOffered):
            await begin_consent(
                wanted,
                Who("session", ORGANISATION, USER),
                store=tables.store(),
                offers=offers(FakeOAuth()),
                clock=FixedClock(),
                new_secret=lambda: "random",
            )
    assert tables.consents == {}


async def test_the_exchange_runs_outside_transactions() -> None:
    """The fake vault refuses otherwise; the state is used up before."""
    tables = Tables(consents={digest("state"): consent_state()})
    vault = FakeVault(tables, grant(), meanwhile=lambda: None)

    def check() -> None:
        assert tables.consents[digest("state")].used_at == NOW

    vault.meanwhile = check
    await complete(tables, vault)
    assert tables.happened() == ["authorised.v1"]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ConsentLost(), ConsentProblem.CODE_REFUSED),
        (OutcomeUnknown(), ConsentProblem.UNCERTAIN),
        (Unreadable(), ConsentProblem.UNCERTAIN),
        (ClientSecretInvalid(), ConsentProblem.OUR_SECRET),
        (Unavailable(), ConsentProblem.AWAY),
        (Throttled(), ConsentProblem.AWAY),
        (Refused(), ConsentProblem.REFUSED),
    ],
)
async def test_every_failed_exchange_has_a_page_and_makes_nothing(error: Exception, problem: ConsentProblem) -> None:
    """No connection, no grant, no event; the state is used up."""
    tables = Tables(consents={digest("state"): consent_state()})
    assert await problem_of(tables, FakeVault(tables, error)) is problem
    assert (tables.connections, tables.grants, tables.events) == ({}, {}, [])
    assert tables.consents[digest("state")].used_at is not None


async def test_what_cannot_be_used_is_not_exchanged() -> None:
    """Foreign session, another marketplace's callback, expired, used: the code is not spent."""
    cases: list[tuple[ConsentState, dict[str, str], ConsentProblem]] = [
        (consent_state(), {"session": "another"}, ConsentProblem.UNKNOWN),
        (consent_state(), {"marketplace": "ebay"}, ConsentProblem.UNKNOWN),
        (consent_state(expires_at=NOW), {}, ConsentProblem.EXPIRED),
        (consent_state(used_at=NOW), {}, ConsentProblem.USED),
    ]
    for state, given, problem in cases:
        tables = Tables(consents={digest("state"): state})
        vault = FakeVault(tables, grant())
        assert await problem_of(tables, vault, **given) is problem
        assert vault.codes == []


async def test_a_foreign_session_does_not_use_the_state_up() -> None:
    """Its owner can still come back."""
    tables = Tables(consents={digest("state"): consent_state()})
    await problem_of(tables, FakeVault(tables, grant()), session="another")
    assert tables.consents[digest("state")].used_at is None


async def test_another_organisation_that_was_faster_wins() -> None:
    """The account was connected elsewhere while the code was exchanged: the grant is thrown away."""
    tables = Tables(consents={digest("state"): consent_state()})
    rival = connection(organisation_id=OTHER_ORGANISATION)
    vault = FakeVault(tables, grant(), meanwhile=lambda: tables.keep(rival))
    assert await problem_of(tables, vault) is ConsentProblem.OTHER_ORGANISATION
    assert (tables.grants, tables.events) == ({}, [])


async def test_a_renewal_replaces_the_grant_and_goes_on_counting() -> None:
    """One grant per connection; token versions go on, so that `rejected=` never means another consent's token."""
    old = grant(token_version=7)
    known = connection(grant_id=old.id, state=ConnectionState.REVOKED)
    tables = Tables(consents={digest("state"): consent_state()}, grants={old.id: old})
    tables.keep(known)
    new = grant()
    await complete(tables, FakeVault(tables, new))
    (kept,) = tables.grants.values()
    assert (kept.id, kept.token_version) == (new.id, 8)
    renewed = tables.connections[known.id]
    assert (renewed.state, renewed.consent_version, renewed.grant_id) == (ConnectionState.AUTHORISED, 2, new.id)


async def test_an_ended_connection_of_ours_comes_back() -> None:
    """Also when another organisation had the account in between and ended it."""
    own = connection(state=ConnectionState.DISCONNECTED, grant_id=None, consent_version=3)
    theirs = connection(state=ConnectionState.DISCONNECTED, grant_id=None, organisation_id=OTHER_ORGANISATION)
    tables = Tables(consents={digest("state"): consent_state()})
    tables.keep(theirs, own)
    await complete(tables, FakeVault(tables, grant()))
    assert tables.connections[own.id].consent_version == 4
    (kept,) = tables.grants.values()
    assert kept.token_version > 3 * 2**32  # above every version of the grants that were destroyed
    assert tables.connections[theirs.id] == theirs


async def test_renewing_needs_the_same_seller() -> None:
    """Known before the code is spent."""
    known = connection(seller_id="A2OTHER")
    tables = Tables(
        consents={digest("state"): replace(consent_state(), connection_id=known.id, seller_id=known.seller_id)}
    )
    tables.keep(known)
    vault = FakeVault(tables, grant())
    assert await problem_of(tables, vault) is ConsentProblem.OTHER_SELLER
    assert vault.codes == []


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        ((None, None, None), ConsentProblem.CANCELLED),
        (("s", None, "A1"), ConsentProblem.CANCELLED),
        (("s", "c", None), ConsentProblem.CANCELLED),
        ((None, "c", "A1"), ConsentProblem.UNKNOWN),
        (("s", "c", "A1<script>"), ConsentProblem.UNKNOWN),
        (("s", "c" * 3000, "A1"), ConsentProblem.UNKNOWN),
    ],
)
def test_what_the_redirect_must_bring(returned: tuple[str | None, ...], problem: ConsentProblem) -> None:
    """State, code and seller, each in its form."""
    with pytest.raises(ConsentFailed) as failed:
        read_return(*returned)
    assert failed.value.problem is problem


def test_what_the_redirect_brought_is_not_printed() -> None:
    """Code and state stay out of logs and tracebacks."""
    assert repr(read_return("the-state", "the-code", "A1")) == "Returned(…)"
