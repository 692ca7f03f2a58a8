"""
Making what others wrote fit to be printed: exceptions and library messages quote values, addresses and parameters.

An exception is described by its class and where it came from. Its message is added only when it is ours (promised to
be safe) or of a class that never quotes data; database errors give their SQLSTATE and constraint instead.
"""

import re
import traceback
from collections.abc import Iterator
from typing import Any
from uuid import UUID

MAX_TEXT = 500
_READ_TEXT = 8 * MAX_TEXT  # the patterns below take long on very long texts
_MAX_FRAMES = 25
_OURS = ("shared.", "services.")
_QUIET_FOREIGN = (
    AttributeError, ImportError, NameError, RecursionError, TimeoutError, MemoryError, TypeError
)  # fmt: skip
_REDACTIONS = (
    (re.compile(r"\?[^\s\"'<>)]*=[^\s\"'<>)]*"), "?…"),  # query strings
    (re.compile(r"://[^/\s@]+@"), "://…@"),  # credentials in an address
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=|-]+"), r"\1 …"),
    (re.compile(r"\bAtz[a-z]\|[\w.~+/=-]+"), "Atz…"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.?[\w-]*"), "…"),  # JWT
    (re.compile(r"[\w.+-]{1,64}@[\w-]+\.[\w.-]+"), "…@…"),
)


def redact(text: str) -> str:
    """`text` without query strings, credentials, tokens and e-mail addresses, and not too long."""
    text = text[:_READ_TEXT]
    for pattern, instead in _REDACTIONS:
        text = pattern.sub(instead, text)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def plain(value: Any) -> Any:
    """A log value as JSON can have it; an object of an unexpected class is named, not printed."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, BaseException):
        return describe(value)
    if isinstance(value, UUID) or hasattr(value, "isoformat"):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in list(value)[:50]]
    return type(value).__name__


def describe(error: BaseException) -> str:
    """One line: the class, and as much of the message as is surely safe."""
    name = type(error).__name__
    said = _message(error)
    return f"{name}: {said}" if said else name


def render(error: BaseException) -> list[dict[str, Any]]:
    """The exception and its causes, outermost first: description and frames (file:line function), no values."""
    return [{"error": describe(each), "frames": _frames(each)} for each in _chain(error)]


def _message(error: BaseException) -> str:
    if sqlstate := _database_facts(error):
        return sqlstate
    if isinstance(error, OSError):
        return error.strerror or ""
    if type(error).__module__.startswith(_OURS) or isinstance(error, _QUIET_FOREIGN):
        return redact(str(error))
    return _validation_facts(error)


def _database_facts(error: BaseException) -> str:
    """asyncpg's errors, also inside SQLAlchemy's, quote rows in their message and detail."""
    original = getattr(error, "orig", None) or error
    facts = [getattr(original, "sqlstate", None), getattr(original, "constraint_name", None)]
    return " ".join(str(fact) for fact in facts if fact)


def _validation_facts(error: BaseException) -> str:
    """Pydantic's message quotes the input; where and what kind is enough."""
    if type(error).__name__ != "ValidationError" or not hasattr(error, "errors"):
        return ""
    problems = error.errors()[:5]
    return ", ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['type']}" for problem in problems)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting and len(seen) < 10:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        if current.__cause__ is not None:
            waiting.append(current.__cause__)
        elif current.__context__ is not None and not current.__suppress_context__:
            waiting.append(current.__context__)


def _frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]
