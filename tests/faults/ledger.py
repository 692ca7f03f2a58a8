"""The sandbox's ledger against ours: what is lost, what happened twice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass
class Verdict:
    """One sentence per finding."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)


def compare(
    far_orders: Mapping[str, Json],
    our_orders: Mapping[str, Json],
    shipments: Sequence[Json],
    skus: Sequence[Json],
    ledgers: Mapping[str, Sequence[Json]],
    counted: Mapping[str, int],
) -> Verdict:
    """
    `far_orders`: the sandbox's truth; the rest is what our own API says. `counted`: units at the start by SKU;
    `ledgers`: the stock entries by SKU.
    """
    verdict = Verdict()
    confirmed = Counter(s["order_id"] for s in shipments if s["write_back"] == "confirmed")
    for number, far in far_orders.items():
        _order(verdict, number, far, our_orders.get(number), confirmed)
    _stock(verdict, far_orders, skus, ledgers, counted)
    return verdict


def compare_shown(verdict: Verdict, shown: Mapping[str, Mapping[str, set[int]]], skus: Sequence[Json]) -> None:
    """`shown`: what buyers see, by marketplace and SKU. What differs from what is available never arrived."""
    available = {sku["sku"]: sku["available"] for sku in skus}
    for marketplace, by_sku in shown.items():
        for sku, units in by_sku.items():
            if units != {available[sku]}:
                verdict.lost.append(f"{sku}: {marketplace} shows {sorted(units)}, {available[sku]} are available")


def _order(verdict: Verdict, number: str, far: Json, ours: Json | None, confirmed: Counter[str]) -> None:
    if ours is None:
        verdict.lost.append(f"{number}: never imported")
        return
    if confirmed[ours["id"]] != 1:
        findings = verdict.twice if confirmed[ours["id"]] else verdict.lost
        findings.append(f"{number}: {confirmed[ours['id']]} confirmed shipments")
    shipped: Counter[str] = Counter()
    for package in far["packages"]:
        for line in package["lines"]:
            shipped[line["order_item_id"]] += line["quantity"]
    for line in far["lines"]:
        units = shipped[line["order_item_id"]]
        if units < line["quantity"]:
            verdict.lost.append(f"{number}: {units} of {line['quantity']} units of {line['sku']} shipped")
        if units > line["quantity"]:
            verdict.twice.append(f"{number}: {units} units of {line['sku']} shipped, {line['quantity']} ordered")
    if len(far["packages"]) > 1:
        verdict.twice.append(f"{number}: {len(far['packages'])} packages, one was made")
    if far["confirmations"] > len(far["packages"]):
        verdict.twice.append(f"{number}: {far['confirmations']} confirmations of {len(far['packages'])} packages")


def _stock(
    verdict: Verdict,
    far_orders: Mapping[str, Json],
    skus: Sequence[Json],
    ledgers: Mapping[str, Sequence[Json]],
    counted: Mapping[str, int],
) -> None:
    wanted: Counter[str] = Counter()
    for far in far_orders.values():
        for line in far["lines"]:
            wanted[line["sku"]] += line["quantity"]
    levels = {sku["sku"]: sku for sku in skus}
    for sku, units in counted.items():
        level, left = levels[sku], units - wanted[sku]
        if level["on_hand"] != left:
            findings = verdict.lost if level["on_hand"] > left else verdict.twice
            findings.append(f"{sku}: {level['on_hand']} on hand, {left} expected")
        if level["reserved"]:
            verdict.twice.append(f"{sku}: {level['reserved']} units still reserved with everything shipped")
        total = sum(entry["change"] for entry in ledgers[sku])
        if total != level["on_hand"]:
            verdict.twice.append(f"{sku}: its entries sum to {total}, its level says {level['on_hand']}")
