"""What services are told of far sides: addresses by marketplace and region. Checked against the registry."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from shared.kernel.retention import LEAST_DAYS, USUAL_DAYS
from shared.marketplaces.registry import CAPABILITIES, PROFILES

T = TypeVar("T")
ByRegion = Mapping[str, str]

API_URLS_MEANING = (
    "APIs of the marketplaces, JSON by marketplace and region ({marketplace: {region: address}}); a marketplace that "
    "is left out is asked at its real addresses."
)

_RETAIN_MOST = {name: PROFILES[name].retain_days_most for name in CAPABILITIES}
RETAIN_RANGE = (
    f"At least {LEAST_DAYS:g}; at most: "
    + ", ".join(f"{name} {days:g}" for name, days in _RETAIN_MOST.items() if days is not None)
    + "."
)
RETAIN_LEAST_MOST = min((days for days in _RETAIN_MOST.values() if days is not None), default=USUAL_DAYS)


def known_marketplaces(value: Mapping[str, T]) -> Mapping[str, T]:
    """The value, whose keys are marketplaces. Raises ValueError with a sentence."""
    return _of(value, PROFILES)


def worked_marketplaces(value: Mapping[str, T]) -> Mapping[str, T]:
    """The value, whose keys are marketplaces where services work. Raises ValueError with a sentence."""
    return _of(value, CAPABILITIES)


def known_regions(value: Mapping[str, Mapping[str, T]]) -> Mapping[str, Mapping[str, T]]:
    """The value, by marketplace and its regions. Raises ValueError with a sentence."""
    for name, by_region in known_marketplaces(value).items():
        regions = PROFILES[name].regions
        if unknown := set(by_region) - set(regions):
            raise ValueError(f"regions of {name} are {', '.join(sorted(regions))}, not {', '.join(sorted(unknown))}")
    return value


def every_region(value: Mapping[str, ByRegion]) -> Mapping[str, ByRegion]:
    """The same, complete: a region left out would be asked at the real address, or at none."""
    for name, by_region in known_regions(value).items():
        if set(by_region) != set(PROFILES[name].regions):
            raise ValueError(f"{name} needs an address for each of {', '.join(sorted(PROFILES[name].regions))}")
    return value


def retained(value: Mapping[str, float]) -> Mapping[str, float]:
    """Days by worked marketplace, none shorter or longer than may be. Raises ValueError with a sentence."""
    for name, days in worked_marketplaces(value).items():
        most = _RETAIN_MOST[name]
        if days < LEAST_DAYS:
            raise ValueError(f"{LEAST_DAYS:g} days are the least, as orders are read again for a year")
        if most is not None and days > most:
            raise ValueError(f"{name} allows {most:g} days at most")
    return value


def retention(days: Mapping[str, float]) -> Mapping[str, timedelta]:
    """How long what was read of each worked marketplace is kept: as told, else as usual."""
    return {name: timedelta(days=days.get(name, USUAL_DAYS)) for name in CAPABILITIES}


def _of(value: Mapping[str, T], known: Mapping[str, object]) -> Mapping[str, T]:
    if unknown := set(value) - set(known):
        raise ValueError(f"marketplaces are {', '.join(sorted(known))}, not {', '.join(sorted(unknown))}")
    return value
