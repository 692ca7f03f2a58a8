"""One operation, tried by one caller: boundary values first, then generated requests, right and wrong ones."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import hypothesis
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

from tests.doors.callers import Caller
from tests.doors.documents import Operation
from tests.doors.laws import broken

_TIMEOUT_SECONDS = 30.0
WORD = "PRIVATE-7f3a9c"


@dataclass
class Findings:
    """`broken`: how often, by operation, caller and what; `examples`: a request for each, as curl."""

    requests: int = 0
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    broken: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Knocking:
    """`base_url`: of the service; `known`: the text of its document."""

    base_url: str
    known: str
    findings: Findings
    session: requests.Session
    seed: int
    examples: int

    def knock(self, operation: Operation, caller: Caller) -> None:
        """All that is wrong goes to the findings; the rest goes on."""
        headers = caller.headers()
        mine = [ids for ids in caller.ids if any("{" + name in operation.path for name in ids)]

        def ask(case: Case[Any]) -> None:
            self._ask(case, caller, headers)

        for case in islice(_boundary_cases(operation), self.examples * 2):
            self._ask(_with_ids(case, mine[0] if mine else {}), caller, headers)
        for case in () if caller.only else _telling_cases(operation):
            self._ask(case, caller, headers)
        # Whoever may not ask at all is told so before the request is looked at.
        for mode in () if caller.only and not caller.ids else (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            self._generate(operation, mode, mine, ask)

    def _generate(
        self,
        operation: Operation,
        mode: GenerationMode,
        mine: list[Mapping[str, str]],
        ask: Callable[[Case[Any]], None],
    ) -> None:
        """Half of those with ids in their path have known ones."""

        @hypothesis.seed(self.seed)
        @settings(
            max_examples=self.examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def generated(data: st.DataObject) -> None:
            case = data.draw(operation.as_strategy(generation_mode=mode))
            ids = data.draw(st.sampled_from([{}, *mine])) if mine else {}
            ask(_with_ids(case, ids))

        with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
            generated()

    def _ask(self, case: Case[Any], caller: Caller, headers: Mapping[str, str]) -> None:
        response = case.call(
            self.base_url,
            session=self.session,
            headers=dict(headers),
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        found = self.findings
        found.requests += 1
        found.statuses[caller.name, response.status_code] += 1
        for what in broken(case, response, caller, self.known):
            key = (case.operation.label, caller.name, what)
            found.broken[key] += 1
            found.examples.setdefault(key, f"{case.as_curl_command()}\n    -> {response.text[:500]}")


def _boundary_cases(operation: Operation) -> Iterator[Case[Any]]:
    schema = operation.schema
    cases: Iterator[Case[Any]] = schema.iter_coverage_cases(
        operation,
        generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        generation_config=schema.config.generation_for(operation=operation),
    )
    return cases


def _telling_cases(operation: Operation) -> Iterator[Case[Any]]:
    """A good request with one of its values wrong, each in turn: a word that is in no sentence of ours."""
    good = next(_boundary_cases(operation), None)
    if good is None:
        return
    for place in ("path_parameters", "query", "body"):
        held = getattr(good, place)
        row = held[0] if isinstance(held, list) and held else held
        for name in row if isinstance(row, dict) else ():
            case = good.derive()
            wrong = {**row, name: WORD}
            setattr(case, place, [wrong] if isinstance(held, list) else wrong)
            yield case


def _with_ids(case: Case[Any], ids: Mapping[str, str]) -> Case[Any]:
    """The request with known ids in its path instead of made up ones."""
    for name in case.path_parameters or {}:
        if name in ids:
            case.path_parameters[name] = ids[name]
    return case
