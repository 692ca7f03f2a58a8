"""What is said of a run: one line an operation and a total, on the terminal and in docs/conformance.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.conformance.cases import Case
from tests.conformance.operations import OPERATIONS
from tests.conformance.run import Result

_COMMAND = "make conformance CASES=<file>"
_WRITE = "python -m tests.conformance <file> --write docs/conformance.md"


@dataclass(frozen=True, slots=True)
class Report:
    cases: Sequence[Case]
    results: Sequence[Result]

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if result.differences]

    @property
    def total(self) -> str:
        """The last line."""
        used = len(self.results)
        passed, unused = used - len(self.failed), len(self.cases) - used
        return f"{passed} of {used} cases of used operations pass, {unused} not used"

    def failures(self) -> Iterator[str]:
        """What differs, by case."""
        for result in self.failed:
            case = result.case
            for difference in result.differences:
                yield f"case {case.number}, {case.operation} {case.status}: {difference}"

    def lines(self) -> Iterator[str]:
        """One an operation."""
        for name, passed, of, answer_only in self._rows():
            said = f"{passed} of {of} pass" if of else "no case"
            yield f"{name:<30}{said}" + (f", {answer_only} of them by the answer only" if answer_only else "")

    def page(self) -> str:
        """The same as a page. It holds no value of any case."""
        rows = "\n".join(f"| {name} | {of} | {passed} | {only} |" for name, passed, of, only in self._rows())
        only = "\n".join(f"* case {one.case.number}, {one.case.operation}: {why}" for one, why in self._answer_only())
        return _PAGE.format(
            command=_COMMAND, write=_WRITE, total=self.total, cases=len(self.cases), rows=rows, only=only or "None."
        )

    def _rows(self) -> Iterator[tuple[str, int, int, int]]:
        for operation in OPERATIONS:
            of = [result for result in self.results if result.operation is operation]
            passed = [result for result in of if not result.differences]
            yield operation.name, len(passed), len(of), sum(bool(result.unsaid) for result in passed)

    def _answer_only(self) -> Iterator[tuple[Result, str]]:
        return ((result, "; ".join(result.unsaid)) for result in self.results if result.unsaid)


_PAGE = """\
# Official cases

Written by `{write}` and never by hand; `{command}`
says the same on the terminal.

A case names an operation, parameters and an answer. It passes when the request our client builds for these parameters
is what the case names, and when nothing of its answer is lost on the way into our models; an error must become the
right class of our error tree. What a case leaves free may be anything; times are compared as moments.

**{total}** (cases in the file: {cases}).

| operation | cases | pass | of them by the answer only |
|---|---|---|---|
{rows}

## By the answer only

Our client does not build these requests, for the reason given (cases are lines of the file). What it does say of them
is compared all the same.

{only}
"""
