"""Query parameters, read as strictly as the seller API reads them: 400 names the one that is wrong."""

from tests.sandbox.clock import parse_iso
from tests.sandbox.octopia.context import Context
from tests.sandbox.octopia.errors import invalid


def known(name: str, words: tuple[str, ...], asked: list[str]) -> list[str]:
    """`asked`, all of which must be among `words`."""
    if unknown := [word for word in asked if word not in words]:
        raise invalid(name, f"The value '{unknown[0]}' is not valid.")
    return asked


def csv(ctx: Context, name: str) -> list[str]:
    """A comma-joined parameter's values; none where it is absent or empty."""
    text = ctx.query.get(name, "")
    return text.split(",") if text else []


def moment(ctx: Context, name: str) -> float:
    """A date-time with a zone, in seconds since the epoch."""
    try:
        return parse_iso(ctx.query[name])
    except ValueError as error:
        raise invalid(name, f"The value '{ctx.query[name]}' is not valid.") from error


def number(ctx: Context, name: str, usual: int, most: int | None = None) -> int:
    """A whole number from 1 to `most`."""
    text = ctx.query.get(name, str(usual))
    if not text.isdecimal() or int(text) < 1 or (most is not None and int(text) > most):
        raise invalid(name, f"The value '{text}' is not valid.")
    return int(text)
