"""
Server-rendered pages: one Jinja environment per language, a service's templates over the shared layout.

A template begins with `{% extends "layout.html" %}` and writes sentences as `{{ _("…") }}`; `parts.html` has the form
fields, badges and notices. An undefined name is an error, not an empty place.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel.support import Translations
from jinja2 import BytecodeCache, ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.access.dependencies import CONSENT_PARAMETERS
from shared.access.principal import Principal
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.requests import own_path
from shared.web.formats import Formats
from shared.web.languages import COOKIE, HERE, LANGUAGES, PARAMETER, language_of, read_translations
from shared.web.static import static_address

_A_YEAR_SECONDS = 365 * 24 * 3600
_NOT_REPEATED = CONSENT_PARAMETERS | {PARAMETER}


class Pages:
    def __init__(self, *, templates: Path, catalogues: Path | None, clock: Clock | None = None) -> None:
        """`templates`: the service's; `catalogues`: its folder of `fr.po`."""
        folders = [HERE / "catalogues"] + ([catalogues] if catalogues else [])
        self._translations = {language: read_translations(language, folders) for language in LANGUAGES}
        self._environments = {
            language: _environment(language, templates, translations, clock or SystemClock())
            for language, translations in self._translations.items()
        }

    def render(
        self, request: Request, template: str, /, *, principal: Principal | None, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """The page in the reader's language. A language chosen by `?language=` is remembered in a cookie."""
        language = language_of(request, principal)
        known = self._known(request, language, principal)
        response = HTMLResponse(self._environments[language].get_template(template).render(known | context), status)
        if request.query_params.get(PARAMETER) == language:
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, language, _A_YEAR_SECONDS, secure=secure, httponly=True, samesite="lax")
        return response

    def say(self, request: Request, sentence: str, *, principal: Principal | None) -> str:
        """One sentence in the reader's language; English where it has no translation."""
        return str(self._translations[language_of(request, principal)].gettext(sentence))

    def _known(self, request: Request, language: str, principal: Principal | None) -> dict[str, Any]:
        return {
            "language": language,
            "languages": [(code, title, _in_language(request, code)) for code, title in LANGUAGES.items()],
            "path": request.url.path,
            "principal": principal,
            "csrf_token": principal.csrf_token if principal else None,
        }


class _Compiled(BytecodeCache):
    """Templates are compiled once in a process: what is compiled knows no language."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._codes.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def _environment(language: str, templates: Path, translations: Translations, clock: Clock) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(templates), FileSystemLoader(HERE / "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(Formats(language, clock).filters())
    environment.globals["static"] = static_address
    return environment


def _in_language(request: Request, language: str) -> str:
    """This very page in another language; `//host/…`, which a browser would take for somebody else's, stays a path."""
    path = "/" + own_path(request.scope).lstrip("/")
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in _NOT_REPEATED]
    return f"{path}?{urlencode([*kept, (PARAMETER, language)])}"
