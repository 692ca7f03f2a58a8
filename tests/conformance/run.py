"""Runs cases: what differs, and which count as *answer only*."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.cases import Case
from tests.conformance.client import Client, answering
from tests.conformance.operations import OPERATIONS, Operation
from tests.conformance.refusals import RAISED, wrong_class
from tests.conformance.wanted import NEVER, Wanted
from tests.conformance.wire import address_difference, differences, said, same


@dataclass(frozen=True, slots=True)
class Result:
    """`differences` empty: the case passes. `unsaid`: why its request could not be compared in full."""

    case: Case
    operation: Operation
    differences: tuple[str, ...]
    unsaid: tuple[str, ...]


def operation_of(case: Case) -> Operation | None:
    """Ours, if our client has it; another version of an API may have one of the same name."""
    return next((one for one in OPERATIONS if one.name == case.operation and _is_of(case, one)), None)


async def run(cases: Iterable[Case]) -> list[Result]:
    """The cases of operations our client has, each answered by a far side that knows only this answer."""
    found = [(case, operation) for case in cases if (operation := operation_of(case))]
    return [await run_case(case, operation, answering(case)) for case, operation in found]


async def run_case(case: Case, operation: Operation, client: Client) -> Result:
    wanted = Wanted(case)
    try:
        outcome = await operation.ask(client, wanted)
    except RAISED as error:
        outcome = error
    except Exception as error:  # noqa: BLE001 - whatever a case brings about is its result
        return Result(case, operation, (f"broke with {type(error).__name__}: {error}",), ())
    found = (*_request_differences(case, client, wanted), *_answer_differences(case, operation, outcome))
    return Result(case, operation, found, tuple(f"`{name}` {why}" for name, why in wanted.unsaid.items()))


def _request_differences(case: Case, client: Client, wanted: Wanted) -> Iterator[str]:
    """By what was said first; fills `wanted.unsaid` with what our client has no word for."""
    if not client.sent:
        yield "nothing was sent"
        return
    request = client.sent[0]
    if elsewhere := address_difference(case, request):
        yield elsewhere
        return
    told = said(case, request)
    for name, named in case.parameters.items():
        if name in wanted.unsaid:
            continue
        if name == "body":
            yield from _body_differences(named, told.get(name))
        elif same(named, told.get(name)):
            continue
        elif name in wanted.taken:
            yield f"says {name}={told.get(name)!r} where the case names {named!r}"
        else:
            wanted.cannot(name, NEVER)


def _body_differences(named: Any, told: Any) -> Iterator[str]:
    for path, is_said in differences(named, told):
        where = f"{path or 'all'} of the body"
        yield f"says {where} otherwise than named" if is_said else f"does not say {where}"


def _answer_differences(case: Case, operation: Operation, outcome: Any) -> Iterator[str]:
    if case.status >= 400:
        if wrong := wrong_class(case, outcome):
            yield wrong
    elif isinstance(outcome, Exception):
        yield f"a {case.status} became {type(outcome).__name__}: {outcome}"
    else:
        yield from (f"lost {path} of the answer" for path in operation.lost(case.answer, outcome))


def _is_of(case: Case, operation: Operation) -> bool:
    return case.path == operation.path or case.spec.removesuffix(".json") == operation.spec
