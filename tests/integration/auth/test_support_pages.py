"""The pages of support: what finds an organisation, each state it can be in, one's own reasons, our client secrets."""

import html
import re
from datetime import timedelta
from itertools import zip_longest
from uuid import uuid4

import pytest

from services.auth.domain.connection import ConnectionState, ProbeOutcome
from services.auth.entrypoints.secret_watch import tend_secrets
from tests.integration.auth.conftest import APP, PASSWORD, Running
from tests.integration.auth.operating import Operate, operating
from tests.integration.auth.supporting import (
    SUPPORT,
    address,
    give_reason,
    look,
    organisation_of,
    search,
    staff,
)
from tests.integration.auth.test_pause import connected

NOWHERE = str(uuid4())
# Of the one connection there is, fifty that have ended.
_COPIES = """
    insert into connection
    select (jsonb_populate_record(c, jsonb_build_object(
        'id', gen_random_uuid(), 'state', 'disconnected', 'name', 'Copy ' || n, 'grant_id', null
    ))).* from connection c, generate_series(1, 50) n
"""


@pytest.fixture
def operate(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(auth, capsys)


async def test_an_organisation_is_found_by_its_exact_names_only(auth: Running, operate: Operate) -> None:
    """Its id, a connection's, a member's address, a seller account; no part of one. An address of ours asks nothing."""
    owner, connection_id = await connected(auth)
    await auth.visitor().sign_up()
    person, ours = await staff(auth, operate), await organisation_of(auth, owner)
    (seller_id,) = [one["seller_id"] for one in await owner.connections()]
    for asked in (ours, connection_id, owner.email.upper(), f" {seller_id} "):
        found = await search(person, asked)
        assert (found.status_code, found.text.count("/support/organisations/"), ours in found.text) == (200, 1, True)
    for asked in (owner.organisation, owner.email[:-1], seller_id[:-1], seller_id.lower(), NOWHERE, "%", "' or 1=1 --"):
        found = await search(person, asked)
        assert (found.status_code, ours in found.text, "letter by letter" in found.text) == (200, False, True)
    for asked in ("", " ", "x" * 255, "a\x00b"):
        assert (await search(person, asked)).status_code == 422
    assert "/support/organisations/" not in (await person.get(f"{SUPPORT}?asked={ours}")).text


async def test_every_state_and_every_connection_is_shown(auth: Running, operate: Operate) -> None:
    """Each state and outcome of a probe in both languages; beyond fifty the others on the next page, each once."""
    owner, _ = await connected(auth)
    person, ours = await staff(auth, operate), await organisation_of(auth, owner)
    await look(person, ours)
    for state, outcome in zip_longest(ConnectionState, ProbeOutcome, fillvalue=None):
        change = "update connection set state = :state, probe_outcome = :outcome"
        await auth.rows(change, state=state, outcome=outcome)
        for language in ("en", "fr"):
            assert (await person.get(f"{address(ours)}?language={language}")).status_code == 200
    await auth.rows(_COPIES)
    first = (await person.get(f"{address(ours)}?language=en")).text
    following = html.unescape(first.split('rel="next"')[0].rpartition('href="')[2].split('"')[0])
    second = (await person.get(following)).text
    pages = [re.findall(r'<span class="why"><code>([0-9a-f-]{36})</code>', page) for page in (first, second)]
    assert ([len(page) for page in pages], len({*pages[0], *pages[1]})) == ([50, 1], 51)
    assert (await person.get(f"{address(NOWHERE)}?cursor={pages[0][0]}")).status_code == 303


async def test_reasons_are_listed_as_they_end_and_kept_twelve_months(auth: Running, operate: Operate) -> None:
    """One's own only, the newest first, fifty at a time; removed when the audit log loses them. Seen red kept."""
    person, colleague = await staff(auth, operate), await staff(auth, operate)
    path, ours = f"{SUPPORT}/reasons", await organisation_of(auth, person)
    assert "You have looked at no organisation yet." in (await person.get(path)).text
    for number in range(51):
        await give_reason(person, ours, f"Ticket number {number:04}")
    first = (await person.get(path)).text
    assert ("number 0050" in first, "number 0000" in first, first.count(">Open<")) == (True, False, 50)
    following = first.split('rel="next"')[0].rpartition('href="')[2].split('"')[0]
    second = (await person.get(following)).text
    assert ("number 0050" in second, "number 0000" in second, 'rel="next"' in second) == (False, True, False)
    assert "number" not in (await colleague.get(path)).text
    auth.clock.ahead += timedelta(hours=1)
    assert (await person.get(path)).text.count(">Over<") == 50
    await auth.rows("update support_look set opened_at = now() - interval '12 months' where reason not like '%0050'")
    await auth.held.keep_house()
    assert [row.reason for row in await auth.rows("select reason from support_look")] == ["Ticket number 0050"]


async def test_staff_see_when_our_client_secrets_end(auth: Running, operate: Operate) -> None:
    """Of every application, before and after the worker has seen it: days left, the next warning, who replaces it."""
    person = await staff(auth, operate)
    assert "Not seen by the worker yet" in (await person.get(f"{SUPPORT}/secrets")).text
    await tend_secrets(auth.held.client_secrets)
    await auth.rows("update client_secret set ends_at = now() + interval '100 days' + interval '1 hour'")
    page = (await person.get(f"{SUPPORT}/secrets")).text
    assert (APP["client_id"] in page, ">100<" in page, "In use" in page, "By hand" in page) == (True,) * 4
    (soon,) = {
        row.at for row in await auth.rows("select (ends_at - interval '90 days')::date::text as at from client_secret")
    }
    assert f'datetime="{soon}' in page
    await auth.rows("update client_secret set ends_at = now() - interval '1 hour', end_is_told = false")
    page = (await person.get(f"{SUPPORT}/secrets?language=fr")).text
    assert ("il peut expirer plus tôt" in page, ">-1<" in page, APP["client_secret"] in page) == (True, True, False)


async def test_a_closed_organisation_is_found_and_called_so(auth: Running, operate: Operate) -> None:
    """By its id or a seller account, on every page that would name it."""
    person = await staff(auth, operate)
    owner, _ = await connected(auth)
    its, seller = await organisation_of(auth, owner), (await owner.connections())[0]["seller_id"]
    close = "/settings/organisation/close"
    closed = await owner.submit(close, page=close, organisation=owner.organisation, password=PASSWORD)
    assert closed.status_code == 200
    pages = [
        (await search(person, seller)).text,
        await look(person, its),
        (await person.get(f"{SUPPORT}/reasons")).text,
    ]
    assert ["A closed organisation" in page for page in pages] == [True] * 3
    assert "Disconnected" in pages[1]
