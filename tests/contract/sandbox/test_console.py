"""The developer console at the far side: a private application's credentials, and its refresh token, once."""

from tests.contract.sandbox.far import Far

PAGE = "/amazon/central/DE/sellingpartner/developerconsole"


async def authorise(far: Far, seller_id: str, page: str = PAGE) -> str:
    """Presses *Authorize app*; the answer's text."""
    form = {"application_id": "amzn1.own", "selling_partner_id": seller_id}
    return (await far.http.post(page, data=form)).text


async def test_a_refresh_token_is_shown_once_and_works(far: Far) -> None:
    """For the application that was authorised; another authorisation of the same account ends none before it."""
    await far.control.app("amzn1.own", "client-own", ["secret-own"])
    await far.control.app("amzn1.public", "client-public", ["secret-public"], redirect_uris=["https://x.example/"])
    await far.control.seller("A1OWN")
    page = (await far.http.get(PAGE)).text
    assert "client-own" in page
    assert "secret-own" in page
    assert "client-public" not in page
    tokens = [(await authorise(far, "A1OWN")).split('id="token">')[1].split("<")[0] for _ in range(2)]
    assert len(set(tokens)) == 2
    again = (await far.http.get(PAGE)).text
    for token in tokens:
        assert token not in again
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "client-own"}
        answer = await far.http.post("/amazon/lwa/auth/o2/token", data=form | {"client_secret": "secret-own"})
        assert answer.status_code == 200


async def test_an_eleventh_account_is_refused(far: Far) -> None:
    """The accounts that authorised it may do so again; sellers not at Vendor Central."""
    await far.control.app("amzn1.own", "client-own", ["secret-own"])
    for number in range(11):
        await far.control.seller(f"A1OWN{number}")
    pages = [await authorise(far, f"A1OWN{number}") for number in (*range(11), 0)]
    assert ["CONSENT_LIMIT_REACHED" in page for page in pages] == [False] * 10 + [True, False]
    assert "SPSA0404" in await authorise(far, "A1OWN0", PAGE.replace("central", "vendorcentral"))
