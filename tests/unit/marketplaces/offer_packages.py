"""Octopia's offer packages as far as the tests of stock need them: asynchronous, one open at a time, no repetitions."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.http.messages import Answer, Request
from tests.unit.marketplaces.far_side import answer
from tests.unit.marketplaces.octopia_side import problem

OPEN = "WaitingForCompletion"


@dataclass
class Package:
    state: str = OPEN
    lines: list[tuple[str, int]] = field(default_factory=list)
    uploads: list[list[tuple[str, int]]] = field(default_factory=list)
    looks: int = 0


@dataclass
class OfferPackages:
    """
    `offers`: what buyers see. Uploads are taken in, and packages integrated, only when looked at often enough.

    `before` is told each request and may raise or answer instead; `after` may raise though the request had its effect.
    """

    offers: dict[str, int] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    page: int = 1000
    looks_to_integrate: int = 2
    rejects_whole: int = 0
    requests: list[Request] = field(default_factory=list)
    before: Callable[[Request], Answer | None] = lambda _: None
    after: Callable[[Request], None] = lambda _: None

    async def call(self, request: Request) -> Answer:
        self.requests.append(request)
        said = self.before(request)
        if said is None:
            said = self._answer(request)
            self.after(request)
        return said

    def asked(self, name: str) -> list[Request]:
        return [request for request in self.requests if request.operation == f"octopia.{name}"]

    def made(self, *lines: tuple[str, int]) -> str:
        """A package that is open already, with these lines."""
        name = f"PKG{len(self.packages) + 1}"
        self.packages[name] = Package(lines=list(lines))
        return name

    def _answer(self, request: Request) -> Answer:
        assert request.headers["SalesChannelId"] == "CDISFR"
        rest = request.url.rpartition("/offer-packages")[2].strip("/").split("/")
        if rest == [""]:
            return self._create() if request.method == "POST" else self._listed()
        package = self.packages.get(rest[0])
        if package is None:
            return problem(404)
        if request.method == "POST":
            return self._filled(package, json.loads(request.body or b""))
        if request.method == "PATCH":
            return self._ready(package)
        return self._results(package, dict(request.params)) if len(rest) > 1 else self._looked_at(package)

    def _listed(self) -> Answer:
        rows = [{"packageId": name, "state": one.state} for name, one in self.packages.items() if one.state == OPEN]
        return answer(200, {"items": rows})

    def _create(self) -> Answer:
        if any(one.state in (OPEN, "Receiving") for one in self.packages.values()):
            return problem(409, "There is an open package for this channel already.")
        return answer(201, content_location=f"/offer-packages/{self.made()}")

    def _filled(self, package: Package, body: list[dict[str, Any]]) -> Answer:
        if package.state not in (OPEN, "Receiving"):
            return problem(400, state="The package is not in state WaitingForCompletion.")
        assert 1 <= len(body) <= 100
        package.uploads.append([(one["sellerExternalReference"], one["quantity"]) for one in body])
        package.state = "Receiving"
        return answer(202)

    def _ready(self, package: Package) -> Answer:
        if package.state != OPEN:
            return problem(400, state="The package is not in state WaitingForCompletion.")
        if not package.lines:
            return problem(400, "The package is empty.")
        package.state, package.looks = "Ready", 0
        return answer(204)

    def _looked_at(self, package: Package) -> Answer:
        said = package.state
        package.looks += 1
        if package.uploads:
            package.lines += package.uploads.pop(0)
        if package.state == "Receiving" and not package.uploads:
            package.state = OPEN
        elif package.state == "Ready" and package.looks >= self.looks_to_integrate:
            self._integrate(package)
        return answer(200, {"packageId": "x", "state": said})

    def _integrate(self, package: Package) -> None:
        if self.rejects_whole:
            self.rejects_whole -= 1
            package.state = "Rejected"
            return
        package.state = "Integrated"
        self.offers |= {sku: quantity for sku, quantity in package.lines if self._status(package, sku) == "Integrated"}

    def _status(self, package: Package, sku: str) -> str:
        if Counter(name for name, _ in package.lines)[sku] > 1:
            return "Duplicated"
        return "Rejected" if sku in self.unknown else "Integrated"

    def _results(self, package: Package, params: dict[str, str]) -> Answer:
        first = int(params.get("cursor", "0"))
        rows = [self._row(package, sku) for sku, _ in package.lines[first : first + self.page]]
        more = first + self.page < len(package.lines)
        link = f'</results?cursor={first + self.page}>; rel="next"' if more else ""
        return answer(200, {"items": rows}, link=link)

    def _row(self, package: Package, sku: str) -> dict[str, Any]:
        status = self._status(package, sku)
        code = {"Rejected": ("4001", "Unknown product"), "Duplicated": ("4002", "Repeated")}.get(status, ("8000", "ok"))
        results = [{"resultCode": code[0], "message": code[1]}]
        return {"sellerExternalReference": sku, "integrationStatus": status, "results": results}
