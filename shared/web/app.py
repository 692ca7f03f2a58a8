"""The FastAPI application every service starts from."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from shared.access.access import Access
from shared.runtime.requests import RequestLines
from shared.web.documents import COMMON, install_document
from shared.web.headers import install_headers
from shared.web.limits import BodyLimit, NoNul
from shared.web.pages import Pages
from shared.web.problems import ProblemBody, install_problems
from shared.web.static import FOLDER
from shared.web.unexpected import UnexpectedErrors


def new_app(
    service: str, description: str, *, access: Access, pages: Pages | None = None, form_targets: Sequence[str] = ()
) -> FastAPI:
    """
    An application with errors, headers, request lines and access in place; the caller adds its routers.

    Its OpenAPI document is at `/api/<service>/v1/openapi.json`. FastAPI's own documentation pages load scripts from
    elsewhere, and its own spans and metrics double ours: both are off.
    """
    app = FastAPI(
        title=f"Passerelle {service}",
        description=description,
        version="1",
        openapi_url=f"/api/{service}/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        responses={COMMON: {"description": "A refusal (RFC 9457).", "model": ProblemBody}},
    )
    app.state.access = access
    app.state.pages = pages
    install_document(app)
    install_problems(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(NoNul)
    app.add_middleware(UnexpectedErrors)
    install_headers(app, form_targets=form_targets)
    app.add_middleware(RequestLines)
    return app


def mount_static(app: FastAPI) -> None:
    """`/static/…`: style sheet, icon, script of passkeys. Served by auth alone; every service's pages link to it."""
    app.mount("/static", StaticFiles(directory=FOLDER), name="static")
