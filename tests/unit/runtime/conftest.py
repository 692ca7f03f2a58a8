"""Logging is the process's: whatever a test sets up is taken back."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from shared.runtime.logging import configure_logging

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """Logs of every level as JSON from here on; calling it gives the lines printed since the last call."""
    root = logging.getLogger()
    before = (root.handlers, root.level, sys.excepthook)
    with untouched_libraries():
        configure_logging("orders", "api", level="DEBUG", format="json")
        yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logging.captureWarnings(False)
    root.handlers, root.level, sys.excepthook = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@contextmanager
def untouched_libraries() -> Iterator[None]:
    """
    Libraries' loggers as in a new process, until the end of the block.

    A server with uvicorn's own logging, run by an earlier test, keeps uvicorn's records from the root for good.
    """
    before = {each: (each.level, each.propagate, each.disabled, tuple(each.handlers)) for each in libraries()}
    new = (logging.NOTSET, True, False, ())
    for each in before:
        _set(each, *new)
    try:
        yield
    finally:
        for each in libraries():
            _set(each, *before.get(each, new))


def libraries() -> list[logging.Logger]:
    """Every logger somebody has asked for."""
    return [each for each in logging.getLogger().manager.loggerDict.values() if isinstance(each, logging.Logger)]


def _set(
    logger: logging.Logger, level: int, propagate: bool, disabled: bool, handlers: tuple[logging.Handler, ...]
) -> None:
    logger.setLevel(level)
    logger.propagate, logger.disabled, logger.handlers = propagate, disabled, list(handlers)
