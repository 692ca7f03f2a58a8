"""
Applications that tests lend each other: one resolves its hundred routes at its first request, which costs more than
most tests. It keeps nothing but what a test puts behind it.
"""

from fastapi import FastAPI

from services.auth import bootstrap
from services.auth.bootstrap import Auth
from services.auth.entrypoints.api import make_app
from services.auth.offers_bootstrap import form_targets
from services.auth.settings import Settings

_idle: list[FastAPI] = []


def application_over(held: Auth, settings: Settings) -> FastAPI:
    """One that nobody uses, with `held` behind it: to be put away after the test."""
    access, targets = bootstrap.access_on(held), form_targets(settings)
    for app in _idle:
        if app.state.form_targets == targets:
            _idle.remove(app)
            app.state.auth, app.state.access = held, access
            return app
    app = make_app(held, access, form_targets=targets)
    app.state.form_targets = targets
    return app


def put_away(app: FastAPI) -> None:
    """Its test is over: the next one may have it."""
    _idle.append(app)
