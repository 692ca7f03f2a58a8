"""`python -m tests.conformance FILE [--write PAGE]`: every case of the file; exit status 1 when one fails."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import structlog

from tests.conformance.cases import Misshapen, load
from tests.conformance.report import Report
from tests.conformance.run import run


def main(file: Path, page: Path | None) -> int:
    cases = load(file)
    report = Report(cases, asyncio.run(run(cases)))
    if page is not None:
        page.write_text(report.page())
    for line in (*report.failures(), *report.lines(), report.total):
        print(line)
    return 1 if report.failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("file", type=Path, help="cases, one JSON object a line")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="where to write the page (docs/conformance.md)")
    given = parser.parse_args()
    # Only the verdict is said: no line for each call.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        sys.exit(main(given.file, given.write))
    except Misshapen as error:
        print(error)
        sys.exit(2)
