"""
Languages: English is in the templates, the others are in `catalogues/<language>.po`, read when a process starts.

Chosen by `?language=`, else the cookie, else the session's, else what the browser prefers, else English.
"""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from starlette.requests import Request

from shared.access.principal import Principal

LANGUAGES = {"en": "English", "fr": "Français"}
COOKIE = "passerelle_language"
PARAMETER = "language"

HERE = Path(__file__).parent


def language_of(request: Request, principal: Principal | None) -> str:
    """One of LANGUAGES."""
    wished = [
        request.query_params.get(PARAMETER),
        request.cookies.get(COOKIE),
        principal.locale if principal else None,
        negotiate_locale(_accepted(request.headers.get("accept-language", "")), list(LANGUAGES)),
    ]
    return next((wish for wish in wished if wish in LANGUAGES), "en")


def read_translations(language: str, folders: list[Path]) -> Translations:
    """The sentences of all folders in one; a later folder wins. English needs no catalogue."""
    together = Translations()
    for folder in folders:
        catalogue = folder / f"{language}.po"
        if catalogue.exists():
            together.merge(_compile(catalogue))
    return together


@cache
def _compile(path: Path) -> Translations:
    with path.open("rb") as source:
        catalogue = read_po(source)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def _accepted(header: str) -> list[str]:
    """Language codes by falling preference, without countries."""
    weighed = []
    for entry in header.split(",")[:20]:
        code, _, rest = entry.strip().partition(";")
        weight = rest.strip().removeprefix("q=")
        try:
            weighed.append((-float(weight) if weight else -1.0, code.strip().split("-")[0].lower()))
        except ValueError:
            continue
    return [code for weight, code in sorted(weighed, key=lambda pair: pair[0]) if weight < 0]
