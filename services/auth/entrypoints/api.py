"""The process that serves auth's pages, APIs and token endpoint."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI

from services.auth import bootstrap
from services.auth.bootstrap import SERVICE, Auth
from services.auth.entrypoints import (
    account_pages,
    appstore_pages,
    audit_pages,
    brought_pages,
    calendar_feed,
    closing_pages,
    connection_pages,
    connections_api,
    consent_pages,
    cut_over_pages,
    delegation_pages,
    factor_pages,
    internal,
    invited_pages,
    link_pages,
    member_pages,
    oauth,
    openid_pages,
    organisation_pages,
    own_account_pages,
    passkey_pages,
    passkey_sign_in,
    private_pages,
    recovery_pages,
    review_pages,
    secret_pages,
    settings_pages,
    support_pages,
    support_secrets,
)
from services.auth.offers_bootstrap import form_targets
from services.auth.settings import Settings
from shared.access.access import Access
from shared.http.outward import Outward
from shared.kernel.clock import SystemClock
from shared.runtime.process import run_process
from shared.runtime.serve import http_part
from shared.web.app import mount_static, new_app
from shared.web.pages import Pages

HERE = Path(__file__).parent
# Looked through in this order: first what our services ask all the time.
_ROUTERS = (
    internal,
    account_pages,
    link_pages,
    invited_pages,
    consent_pages,
    appstore_pages,
    brought_pages,
    delegation_pages,
    private_pages,
    connection_pages,
    cut_over_pages,
    calendar_feed,
    connections_api,
    settings_pages,
    secret_pages,
    audit_pages,
    member_pages,
    review_pages,
    own_account_pages,
    organisation_pages,
    closing_pages,
    factor_pages,
    recovery_pages,
    passkey_pages,
    passkey_sign_in,
    openid_pages,
    oauth,
    support_pages,
    support_secrets,
)


def make_app(held: Auth, access: Access, *, form_targets: Sequence[str]) -> FastAPI:
    """Pages and APIs over what bootstrap made. `form_targets`: where consent pages are."""
    pages = Pages(templates=HERE / "templates", catalogues=HERE.parent / "catalogues")
    app = new_app(SERVICE, "Who may speak for which seller.", access=access, pages=pages, form_targets=form_targets)
    app.state.auth = held
    for each in _ROUTERS:
        # What is for our services only is in no document that strangers may read.
        app.include_router(each.router, include_in_schema=each is not internal)
    mount_static(app)
    return app


async def run(settings: Settings) -> int:
    """Serves until told to stop; the exit status."""
    # One connection listens for changes.
    engine = bootstrap.engine_of(settings, "api", pool_size=6)
    clock = SystemClock()
    outward = Outward(clock)
    held = bootstrap.auth_on(engine, settings, outward, clock)
    app = make_app(held, bootstrap.access_on(held), form_targets=form_targets(settings))
    serve = http_part(app, settings.http_host, settings.http_port, trusted_proxies=settings.trusted_proxies)
    try:
        return await run_process(
            service=SERVICE,
            process="api",
            settings=settings,
            parts=[serve, held.tokens.states.listen, held.tokens.keep_renewed, held.tokens.finish],
            ready=bootstrap.ready_on(engine),
        )
    finally:
        await outward.close()
        await held.keys.close()
        await held.revoked.close()
        await engine.dispose()
