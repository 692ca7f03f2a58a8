"""A role that our application asks for later: whoever consented before is asked to consent anew, and nothing stops."""

import json

import pytest
from prometheus_client import REGISTRY

from services.auth.entrypoints import gauges
from services.auth.entrypoints.letters import CATALOGUES, Letters
from tests.integration.auth.conftest import Running, Visitor
from tests.integration.auth.operating import Operate, operating

ROLE = "Direct to Consumer Shipping"
WARNING = "needs your renewed consent for a new role"


@pytest.fixture
def operate(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(auth, capsys)


async def test_who_consented_before_a_role_was_asked_for_renews(auth: Running, operate: Operate) -> None:
    """
    Shown on the pages, in the API, to the other services and to the operator, with who has given it; tokens go on;
    another consent clears it. Seen red with the column left out of the connections that are read, and with consents not
    compared.
    """
    visitor, seller_id = await _connected(auth)
    stranger = await auth.visitor().sign_up()
    assert (await operate("roles", "ask", "amazon", f" {ROLE} "))[0] == 0
    await _connected(auth)
    shown = await _shown(visitor)
    assert (shown["lacks_roles"], WARNING in (await visitor.get("/connections")).text) == ([ROLE], True)
    assert ROLE in (await visitor.get(f"/connections/{shown['id']}")).text
    assert WARNING not in (await stranger.get("/connections")).text
    assert await _told_to_services(auth, visitor) == 1
    assert (await (await auth.service()).post(_token(shown["id"]), json={})).status_code == 200

    _, said = await operate("roles", "list", "--json")
    standing = {one["region"]: (one["given"], one["lacking"]) for one in json.loads(said)}
    assert standing == {"eu": (1, 1), "fe": (0, 0), "na": (0, 0)}
    assert ROLE in (await operate("connections", "show", str(shown["id"])))[1]
    gauges.show(await auth.held.views.standing(), auth.held)
    assert [_metric(given) for given in ("yes", "no")] == [1, 1]

    assert (await visitor.connect(seller_id)).status_code == 303
    assert (await _shown(visitor))["lacks_roles"] == []
    assert WARNING not in (await visitor.get("/connections")).text


async def test_a_mail_names_the_roles_once(auth: Running, operate: Operate) -> None:
    """
    All that a connection lacks when it is sent, at most once a week, each role once. Seen red with what was told not
    noted (it told without end).
    """
    await _connected(auth)
    await operate("roles", "ask", "amazon", ROLE)
    for _ in range(2):
        await auth.held.keep_house()
    await operate("roles", "ask", "amazon", "Tax Remittance")
    await auth.held.keep_house()
    (mail,) = await auth.rows("select id from mail where kind = 'roles'")
    async with auth.held.uow() as store:
        found = await store.mails.lock(mail.id)
    assert found is not None
    write = Letters(CATALOGUES, "https://here.example", expired_goes_on=True)
    assert f" – Amazon: {ROLE}, Tax Remittance" in write(*found, auth.clock.now()).text
    await auth.rows("update connection set roles_told_at = roles_told_at - interval '7 days'")
    for _ in range(2):
        await auth.held.keep_house()
    assert len(await auth.rows("select id from mail where kind = 'roles'")) == 2


async def test_a_role_is_asked_for_and_dropped_by_hand(auth: Running, operate: Operate) -> None:
    """Since a day that has come, where sellers consent at all; in the audit log; what nobody asked for has a status."""
    visitor, _ = await _connected(auth)
    for refused in (("amazon", ""), ("octopia", ROLE), ("nowhere", ROLE), ("amazon", ROLE, "--since", "2999-01-01")):
        assert (await operate("roles", "ask", *refused))[0] == 2
    assert (await operate("roles", "ask", "amazon", ROLE, "--since", "2026-01-01"))[0] == 0
    assert (await _shown(visitor))["lacks_roles"] == []
    assert (await operate("roles", "ask", "amazon", ROLE))[0] == 0
    assert (await _shown(visitor))["lacks_roles"] == [ROLE]
    assert (await operate("roles", "drop", "amazon", ROLE))[0] == 0
    assert (await operate("roles", "drop", "amazon", ROLE))[0] == 1
    assert (await _shown(visitor))["lacks_roles"] == []
    noted = await auth.rows("select action, count(*) as n from audit where reason = 'operator' group by action")
    assert {row.action: row.n for row in noted} == {"application.role_asked": 6, "application.role_dropped": 1}


async def _connected(auth: Running) -> tuple[Visitor, str]:
    visitor = await auth.visitor().sign_up()
    seller_id = (await auth.sandbox.seller(region="eu"))["seller_id"]
    await visitor.connect(seller_id)
    return visitor, seller_id


async def _shown(visitor: Visitor) -> dict[str, object]:
    (found,) = await visitor.connections()
    return found


def _token(connection_id: object) -> str:
    return f"/internal/v1/connections/{connection_id}/access-token"


async def _told_to_services(auth: Running, visitor: Visitor) -> int:
    service = await auth.service(scope="auth.sessions:resolve")
    session = visitor.client.cookies["passerelle_session"]
    answer = await service.post("/internal/v1/sessions/resolve", json={"session": session})
    return int(answer.json()["lacking_roles"])


def _metric(given: str) -> float | None:
    return REGISTRY.get_sample_value("auth_role_consents", {"marketplace": "amazon", "role": ROLE, "given": given})
