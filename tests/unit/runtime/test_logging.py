"""Logs say what happened, and never who bought it nor how we get in."""

import logging
import sys
import warnings
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import structlog
import uvicorn
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError

from shared.kernel.errors import Refused
from shared.runtime.log_safety import redact
from tests.unit.runtime.conftest import Lines, untouched_libraries

SECRET = "Marguerite-Dupont"
ORDER = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


class Row(BaseModel):
    street: int


class Somebody:
    def __str__(self) -> str:
        return SECRET


def test_a_line_says_who_speaks(lines: Lines) -> None:
    """Service, process, level, time and event are on every line; keys of the allow-list as they are."""
    structlog.get_logger().info("order.received", order_id=ORDER, count=3, due_at=datetime(2026, 1, 2, tzinfo=UTC))
    line = lines()[0]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "order.received", "level": "info", "service": "orders", "process": "api",
        "order_id": str(ORDER), "count": 3, "due_at": "2026-01-02 00:00:00+00:00",
    }  # fmt: skip


def test_an_unknown_key_is_dropped_and_counted(lines: Lines) -> None:
    """What nobody put on the allow-list is not printed, at debug level either; the line says that something is gone."""
    structlog.get_logger().debug("order.received", buyer_name=SECRET, order_id=ORDER, street=SECRET)
    line = lines()[0]
    assert line["dropped_keys"] == 2
    assert SECRET not in str(line)


def test_an_unexpected_object_is_named_not_printed(lines: Lines) -> None:
    """An allowed key with a whole object or a mapping under it shows its class."""
    structlog.get_logger().info("x.y", reason=Somebody(), detail={"street": SECRET})
    assert (SECRET in str(line := lines()[0]), line["reason"], line["detail"]) == (False, "Somebody", "dict")


@pytest.mark.parametrize(
    "said",
    [
        f"GET https://x/callback?spapi_oauth_code={SECRET}&state=1",
        f"postgresql://orders:{SECRET}@db/orders",
        f"Authorization: Bearer {SECRET}",
        f"authorization: basic {SECRET}",
        f"token Atzr|{SECRET}",
        f"{SECRET}@example.com wrote",
        f"eyJhbGciOi.{SECRET}.sig",
    ],
)
def test_tokens_addresses_and_queries_are_cut_out_of_texts(lines: Lines, said: str) -> None:
    """Should a sentence hold a query string, a credential, a token or an e-mail address after all, it is cut out."""
    structlog.get_logger().info("x.y", detail=said)
    assert SECRET not in str(lines())
    assert redact("order 902-1 at 12:30 of 3 lines?") == "order 902-1 at 12:30 of 3 lines?"


def fail(error: BaseException, street: str) -> None:
    assert street
    raise error


def raised(error: BaseException) -> BaseException:
    street = SECRET  # a local variable of a frame
    with pytest.raises(type(error)):
        fail(error, street)
    return error


def validation_error() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Row.model_validate({"street": SECRET})
    return caught.value


def database_error() -> IntegrityError:
    original = asyncpg.exceptions.UniqueViolationError(f"duplicate key: {SECRET}")
    original.detail = f"Key (street)=({SECRET}) already exists."
    original.constraint_name = "uq_address_street"
    return IntegrityError("insert into address values ($1)", [SECRET], original)


@pytest.mark.parametrize(
    ("error", "description"),
    [
        (KeyError(SECRET), "KeyError"),
        (ValueError(f"invalid literal: {SECRET}"), "ValueError"),
        (FileNotFoundError(2, "No such file", f"/{SECRET}"), "FileNotFoundError: No such file"),
        (validation_error(), "ValidationError: street: int_parsing"),
        (database_error(), "IntegrityError: 23505 uq_address_street"),
        (Refused("the carrier is unknown"), "Refused: the carrier is unknown"),
        (ExceptionGroup(SECRET, [ValueError(SECRET)]), "ExceptionGroup"),
    ],
)
def test_an_exception_says_where_not_what(lines: Lines, error: Exception, description: str) -> None:
    """Class, frames and causes; a message only where it is ours or never quotes data; no local variable."""
    structlog.get_logger().error("x.bug", exc_info=raised(error))
    structlog.get_logger().error("x.bug", error=error)
    with_trace, without = lines()
    assert with_trace["exception"][0]["error"] == without["error"] == description
    assert any(frame.endswith(" fail") for frame in with_trace["exception"][0]["frames"])
    assert SECRET not in str(with_trace) + str(without)


def test_causes_are_told(lines: Lines) -> None:
    """What an error came from is on the line too, nearest first."""
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as error:
            raise Refused("no") from error
    except Refused:
        structlog.get_logger().exception("x.bug")
    assert [each["error"] for each in lines()[0]["exception"]] == [
        "Refused: no", "ConnectionRefusedError: Connection refused"
    ]  # fmt: skip


def test_libraries_speak_from_warning_up(lines: Lines) -> None:
    """Libraries' lower levels print tokens and parameters: they stay silent even when we log at debug level."""
    for name in ("sqlalchemy.engine", "asyncio", "somebody"):
        logging.getLogger(name).info("executing %s", SECRET)
    for name in ("authlib.oauth2", "httpx", "httpcore.http11"):
        logging.getLogger(name).error("token %s", SECRET)
    assert lines() == []


def test_a_library_that_repeats_itself_is_told_every_ten_seconds(lines: Lines) -> None:
    """
    With how often it said the same meanwhile, whatever the arguments; what is another sentence is told at once.

    Seen red with every record told: hundreds of lines a minute while Kafka is away.
    """
    for seconds, sentence in [
        (0, "no node %s"),
        (1, "no node %s"),
        (2, "other"),
        (9, "no node %s"),
        (10, "no node %s"),
    ]:
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, sentence, None, None)
        record.created = 1000.0 + seconds
        logging.getLogger("aiokafka").handle(record)
    assert [(line["message"], line.get("count")) for line in lines()] == [
        ("no node %s", None), ("other", None), ("no node %s", 3),
    ]  # fmt: skip


def test_a_sentence_about_something_else_is_told(lines: Lines) -> None:
    """
    Each step of a migration is a line, however fast they follow each other.

    Seen red with sentences held to be the same by their template.
    """
    for revision in ("0001", "0002"):
        logging.getLogger("alembic.runtime").error("Running upgrade to %s", revision)
    assert [line["message"] for line in lines()] == ["Running upgrade to 0001", "Running upgrade to 0002"]


def test_a_librarys_arguments_are_not_printed(lines: Lines) -> None:
    """A library's warning keeps its template, and its arguments only where they are topics and ports."""
    logging.getLogger("somebody").warning("bad value %s", SECRET)
    logging.getLogger("uvicorn.error").warning("cannot do it for %s", "port 3")
    said = [(line["logger"], line["message"]) for line in lines()]
    assert said == [("somebody", "bad value %s"), ("uvicorn.error", "cannot do it for port 3")]


def test_a_server_of_an_earlier_test_hides_nothing(request: pytest.FixtureRequest) -> None:
    """uvicorn's own logging, once set up, keeps its records from ours: these tests see them all the same."""
    with untouched_libraries():
        uvicorn.Config("unused", log_level="error")
        lines = request.getfixturevalue("lines")
        logging.getLogger("uvicorn.error").warning("cannot do it for %s", "port 3")
        assert [line["message"] for line in lines()] == ["cannot do it for port 3"]


def test_a_warning_says_where_not_what(lines: Lines) -> None:
    """Python's warnings quote values (pydantic's do): file, line and class are kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRET, stacklevel=1)
    message = lines()[0]["message"]
    assert "test_logging.py:" in message
    assert message.endswith(" UserWarning")


def test_a_crash_is_a_line_too(lines: Lines) -> None:
    """An exception nobody caught is printed like any other, not by Python with its message."""
    error = raised(ValueError(SECRET))
    sys.excepthook(type(error), error, error.__traceback__)
    line: dict[str, Any] = lines()[0]
    assert (line["event"], line["level"], SECRET in str(line)) == ("process.crashed", "critical", False)


def test_an_endless_text_is_cut(lines: Lines) -> None:
    """A line stays a line."""
    structlog.get_logger().info("x.y", detail="x" * 10_000)
    assert len(lines()[0]["detail"]) == 501
