"""From the app store to sign-up, where an address is to be confirmed before anything is connected."""

from tests.integration.auth.conftest import PASSWORD, Running, Visitor
from tests.integration.auth.posting import sent_to
from tests.integration.auth.test_appstore import AUTHORISE, confirmed, ours, sent
from tests.integration.auth.test_confirmation import links

TO_CONFIRM = "Confirm your e-mail address first"
ON = f'href="{AUTHORISE}"'


async def arrived(auth: Running) -> Visitor:
    """Somebody who came from the app store and has just signed up."""
    seller = await auth.sandbox.seller(region="eu")
    visitor = auth.visitor()
    await visitor.get(await sent(auth, seller["seller_id"]))
    visitor.email = "new@shop.example"
    account = {"email": visitor.email, "password": PASSWORD, "organisation": "New"}
    onward = f"/signup?next={AUTHORISE}"
    assert ours(await visitor.submit("/signup", page=onward, next=AUTHORISE, **account)) == AUTHORISE
    return visitor


async def test_who_signs_up_on_the_way_confirms_and_goes_on(mailing: Running) -> None:
    """
    Told on the page itself, which keeps what was typed; led on by the page of the link, and by the list. Seen red with
    a bare page of a refusal, and with pages that lead on to nothing.
    """
    visitor = await arrived(mailing)
    assert TO_CONFIRM in (await visitor.get(AUTHORISE)).text
    refused = await visitor.submit(AUTHORISE, page=AUTHORISE, country="DE", name="My shop")
    assert (refused.status_code, TO_CONFIRM in refused.text) == (409, True)
    assert ('value="My shop"' in refused.text, '<option value="DE" selected>' in refused.text) == (True, True)
    assert ON in (await visitor.get("/connections")).text
    (link,) = await links(mailing, visitor)
    assert ours(await visitor.submit(link, page=link)) == "/signup/confirmed"
    assert ON in (await visitor.get("/signup/confirmed")).text
    assert TO_CONFIRM not in (await visitor.get(AUTHORISE)).text
    begun = await visitor.submit(AUTHORISE, page=AUTHORISE, country="DE", name="My shop")
    back = await visitor.get(await confirmed(begun.headers["location"]))
    assert "connected=" in back.headers["location"]
    for page in ("/connections", "/signup/confirmed"):
        assert ON not in (await visitor.get(page)).text


async def test_the_link_is_sent_again_from_there(mailing: Running) -> None:
    """And leads back; an address of somebody else is not followed. Seen red with the page of one's account."""
    visitor = await arrived(mailing)
    page = (await visitor.get(AUTHORISE)).text
    onward = page.split('name="next" value="')[1].split('"')[0]
    assert len(await sent_to(mailing, visitor.email)) == 1
    again = "/settings/account/confirmation"
    assert ours(await visitor.submit(again, page=AUTHORISE, next=onward)) == onward
    assert "on its way" in (await visitor.get(onward)).text
    assert len(await sent_to(mailing, visitor.email)) == 2
    elsewhere = await visitor.submit(again, page=AUTHORISE, next="//evil.example/")
    assert ours(elsewhere) == "/settings/account?done=sent"
