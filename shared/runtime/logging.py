"""
Logs: one line per fact, keys from an allow-list, nothing personal and nothing secret at any level.

Our own code logs by structlog: `log.info("order.received", order_id=…)`. Libraries' records come through here too,
from WARNING up, whatever our own level is: their lower levels print tokens (Authlib) and SQL parameters.
"""

import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Literal

import structlog
from prometheus_client import Counter

from shared.runtime.log_keys import ALLOWED
from shared.runtime.log_safety import plain, redact, render
from shared.runtime.telemetry import current_ids

Line = MutableMapping[str, Any]

DROPPED = Counter("log_keys_dropped_total", "Keys of log lines that are not on the allow-list, and were not printed.")

# Their messages name topics, groups, ports and revisions; others' could quote anything, so only their template is kept.
_TRUSTED_LIBRARIES = ("aiokafka", "alembic", "opentelemetry", "uvicorn")
_REPEATED_SECONDS = 10.0
_SENTENCES_KEPT = 500
_SILENT_LIBRARIES = ("authlib", "httpcore", "httpx", "joserfc")
_LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARNING": logging.WARNING, "ERROR": logging.ERROR}


def configure_logging(
    service: str, process: str, *, level: str, format: Literal["json", "console"], instance: str | None = None
) -> None:
    """From now on everything is logged to standard output as the module says. May be called again."""
    told = {"service": service, "process": process} | ({"instance": instance} if instance else {})

    def name_process(_logger: Any, _method: str, line: Line) -> Line:
        line.update(told)
        return line

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            render_exception,
            keep_allowed,
            # What is added from here on is ours, and the same for every line.
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_process,
            add_trace,
            _renderer(format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _listen_to_libraries()
    sys.excepthook = _log_uncaught


def add_trace(_logger: Any, _method: str, line: Line) -> Line:
    """The trace this line belongs to, where there is one."""
    line.update(current_ids())
    return line


def render_exception(_logger: Any, _method: str, line: Line) -> Line:
    """`log.exception(…)` and `exc_info=`: classes and frames, never local variables, rarely messages."""
    given = line.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()[1]
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        line["exception"] = render(given)
    return line


def keep_allowed(_logger: Any, _method: str, line: Line) -> Line:
    """Only keys of the allow-list, only plain values; what was dropped is counted on the line and as a metric."""
    kept = {key: value if key == "exception" else plain(value) for key, value in line.items() if key in ALLOWED}
    if dropped := len(line) - len(kept):
        DROPPED.inc(dropped)
        kept["dropped_keys"] = dropped
    return kept


class LibraryRecords(logging.Handler):
    """
    Takes the standard library's log records into our lines.

    A library that tries again many times a second says so as often (aiokafka, while Kafka is away): the same sentence
    is a line every ten seconds, with how many there were since the last one.
    """

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        count = 1 if record.exc_info else self._due(record)
        if count:
            facts = {"count": count} if count > 1 else {}
            structlog.get_logger().log(
                record.levelno,
                "library.said",
                logger=record.name,
                message=_safe(record),
                exc_info=record.exc_info,
                **facts,
            )

    def _due(self, record: logging.LogRecord) -> int:
        """How many of these are to be told now; 0: it was told just before."""
        key = (record.name, _safe(record))
        told_at, held_back = self._said.get(key, (0.0, 0))
        if 0 <= record.created - told_at < _REPEATED_SECONDS:
            self._said[key] = (told_at, held_back + 1)
            return 0
        if len(self._said) >= _SENTENCES_KEPT:
            self._said.clear()
        self._said[key] = (record.created, 0)
        return held_back + 1


def _safe(record: logging.LogRecord) -> str:
    if record.name == "py.warnings":  # "file:line: class: message"
        return ": ".join(record.getMessage().split(": ")[:2])
    trusted = record.name.startswith(_TRUSTED_LIBRARIES)
    return redact(record.getMessage() if trusted else str(record.msg))


def _listen_to_libraries() -> None:
    root = logging.getLogger()
    root.handlers = [LibraryRecords(logging.WARNING)]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    for name in _SILENT_LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # It warns at every hiccup it then mends by itself; our consumer and relay say what matters.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)


def _renderer(format: Literal["json", "console"]) -> Any:
    if format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger().critical("process.crashed", exc_info=error)
