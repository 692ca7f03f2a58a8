"""
Faults around the consent: its code is exchanged, its access token renewed, what it reaches is probed
(getMarketplaceParticipations).

A seller is told to authorise again only where nobody else can mend it.
"""

from functools import partial

from tests.e2e.courses import Case, Course
from tests.e2e.scene import Scene, until
from tests.shop import label_when_known

_TOKEN, _PROBE, _CONSENT = "token", "getMarketplaceParticipations", "consent"
_READ = "searchOrders"


async def a_renewal_waits_and_goes_on(scene: Scene, *, kind: str, code: str, sentence: str) -> None:
    """No token can be had: reading waits for it and says why; the consent is not doubted."""
    await scene.fault(_TOKEN, kind)
    await scene.fault(_READ, "token_rejected")
    (number,) = await scene.plant()
    await scene.reading_waits(code, sentence)
    connection = await scene.shop.connection()
    assert (connection["state"], connection["consent_version"]) == ("authorised", 1)
    await scene.mend()
    await a_token_is_renewed(scene)
    await scene.all_confirmed([number])


async def a_token_is_renewed(scene: Scene) -> None:
    """Refuses tokens until a new one is really had: the old one would do as well."""
    asked = len(await scene.calls("token"))

    async def renewed() -> bool:
        if any(call["status"] == 200 for call in (await scene.calls("token"))[asked:]):
            return True
        if not [fault for fault in await scene.shop.sandbox.faults() if fault["seller_id"] == scene.shop.seller_id]:
            await scene.fault(_READ, "token_rejected", times=1)
        return False

    await until(renewed, "a new token is had")


async def a_slow_renewal_only_takes_longer(scene: Scene) -> None:
    """Who needs the token waits for it; it is asked for once."""
    asked = len(await scene.calls("token"))
    await scene.fault(_TOKEN, "slow", times=1, seconds=4)
    await scene.fault(_READ, "token_rejected", times=1)
    (number,) = await scene.plant()
    await scene.struck(_TOKEN, "slow")
    await scene.all_confirmed([number])
    assert len(await scene.calls("token")) == asked + 1


async def a_consent_withdrawn_at_the_marketplace_is_renewed(scene: Scene) -> None:
    """The seller took it back there: shown as revoked; after reconnecting all that came meanwhile is shipped."""
    await scene.shop.sandbox.revoke(scene.shop.seller_id)
    numbers = await scene.plant(2)
    await scene.connection_is("revoked", "Reconnect to go on; nothing is lost.")
    await scene.reading_waits("waiting_for_authorisation", "the connection is not authorised")
    await scene.shop.connect()
    await scene.all_confirmed(numbers)


async def a_code_that_brings_nothing_changes_nothing(scene: Scene, *, kind: str, said: str) -> None:
    """The seller is told what to do; what was connected before stays so; doing it helps."""
    before = await scene.connections()
    await scene.fault(_TOKEN, kind, times=1)
    page = await scene.shop.consent()
    assert said in page.sentence()
    scene.saw("page after the consent", said)
    assert await scene.connections() == before
    await scene.shop.connect()
    await label_when_known(scene.shop)
    await scene.all_confirmed(await scene.plant())


async def a_first_probe_is_made_up_for(scene: Scene) -> None:
    """Which stores the consent reaches is not known yet: said so, asked again, and orders come."""
    await scene.fault(_PROBE, "server_error")
    page = await scene.shop.consent()
    assert "We are asking the marketplace which stores it reaches." in page.sentence()
    connection = await scene.shop.connection()
    assert (connection["state"], connection["channels"]) == ("authorised", [])
    (number,) = await scene.plant()
    await scene.reading_waits("no_channels", "the connection reaches no marketplace site")
    await scene.mend()
    await label_when_known(scene.shop)
    await scene.all_confirmed([number])


async def a_later_probe_disturbs_nobody(scene: Scene, *, kind: str, operation: str = _PROBE) -> None:
    """It is only repeated; orders go on meanwhile."""
    probed_at = (await scene.shop.connection())["probed_at"]
    await scene.fault(operation, kind)
    await scene.a_probe_is_due()
    await scene.struck(operation, kind)
    await scene.all_confirmed(await scene.plant())
    await scene.mend()

    async def probed() -> bool:
        return bool((await scene.shop.connection())["probed_at"] != probed_at)

    await until(probed, "the probe was repeated")


async def a_role_missing_at_the_start_is_named(scene: Scene) -> None:
    """Not a lost consent; an hour later it is asked again, and orders come by themselves."""
    await scene.fault(_PROBE, "role_missing")
    await scene.shop.consent()
    await scene.connection_is("authorised", "The marketplace does not let our application see everything it needs.")
    (number,) = await scene.plant()
    await scene.mend()
    await scene.a_probe_is_due()
    await label_when_known(scene.shop)
    await scene.all_confirmed([number])


async def a_token_refused_though_it_is_new_stops_the_connection(scene: Scene) -> None:
    """Neither revoked nor well: everything stops, auth asks every hour, and with its first answer all goes on."""
    await scene.fault("*", "token_rejected")
    (number,) = await scene.plant()

    async def doubted() -> bool:
        soon = "update connection set probe_due_at = now() where seller_id = :seller and suspected_at is not null"
        return await scene.databases.change("auth", soon, seller=scene.shop.seller_id) == 1

    await until(doubted, "the connection is doubted")
    await scene.connection_is("waiting", "We ask again every hour; reconnecting may mend it.")
    await scene.reading_waits("waiting_for_authorisation", "the connection is not authorised")
    await scene.mend()
    await scene.a_probe_is_due()
    await scene.all_confirmed([number])
    assert (await scene.shop.connection())["consent_version"] == 2


def _waits(kind: str, code: str, sentence: str) -> Case:
    return Case(_TOKEN, kind, partial(a_renewal_waits_and_goes_on, kind=kind, code=code, sentence=sentence))


def _away(kind: str) -> Case:
    return _waits(kind, "unavailable", "the marketplace does not answer")


def _fails(kind: str, said: str) -> Case:
    return Case(_CONSENT, kind, partial(a_code_that_brings_nothing_changes_nothing, kind=kind, said=said))


def _later(kind: str) -> Case:
    return Case(_PROBE, kind, partial(a_later_probe_disturbs_nobody, kind=kind))


_ONCE_MORE = "Please authorise once more"
COURSES = [
    Course([_waits("throttle", "throttled", "the marketplace asks us to slow down"), _away("server_error")]),
    Course([Case(_TOKEN, "slow", a_slow_renewal_only_takes_longer), _away("html_502"), _away("malformed_record")]),
    Course([_away("timeout"), _away("timeout_after_effect")]),
    Course([
        _waits("expired_secret", "client_secret_invalid", "an operator was told"),
        Case(_TOKEN, "revoked_grant", a_consent_withdrawn_at_the_marketplace_is_renewed),
    ]),
    Course([
        _fails("throttle", "The marketplace does not answer"),
        _fails("expired_secret", "We cannot complete authorisations just now"),
        _fails("revoked_grant", "The marketplace did not accept the authorisation"),
    ], connected=False),
    Course([
        _fails("server_error", _ONCE_MORE),
        _fails("malformed_record", _ONCE_MORE),
        _fails("timeout_after_effect", _ONCE_MORE),
    ], connected=False),
    Course([Case(_PROBE, "server_error", a_first_probe_is_made_up_for), _later("throttle")], connected=False),
    Course([Case(_PROBE, "role_missing", a_role_missing_at_the_start_is_named), _later("html_502")], connected=False),
    Course([
        _later("malformed_record"),
        Case(_PROBE, "token_rejected", a_token_refused_though_it_is_new_stops_the_connection),
    ]),
]  # fmt: skip
