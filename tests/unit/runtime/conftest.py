"""Logging is the process's: whatever a test sets up is taken back."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
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
    configure_logging("orders", "api", level="DEBUG", format="json")
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logging.captureWarnings(False)
    root.handlers, root.level, sys.excepthook = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
