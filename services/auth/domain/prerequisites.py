"""What a marketplace or a carrier asks of a seller before an account is connected. Only one of it keeps anybody out."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from services.auth.domain.address import AddressKind


class Need(StrEnum):
    EMAIL = "email"
    SENDER = "sender"
    RETURNS = "returns"
    BILLING = "billing"
    PROFESSIONAL = "professional"


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """`blocks`: nothing new is connected without it; of the others one is warned."""

    need: Need
    met: bool
    blocks: bool = False


def prerequisites(
    *,
    confirmed: bool | None,
    kinds: Collection[AddressKind],
    professional: bool | None,
    plans: Collection[bool],
) -> tuple[Prerequisite, ...]:
    """
    In the order they are shown. `confirmed`: whether an e-mail address is; None: no mail is sent here. `professional`:
    whether the organisation says that its selling plan is; None: that is not asked for. `plans`: what marketplaces say
    of its accounts, which counts more.
    """
    found = [] if confirmed is None else [Prerequisite(Need.EMAIL, confirmed, blocks=True)]
    found += [Prerequisite(Need(kind.value), kind in kinds) for kind in AddressKind]
    if professional is not None:
        found.append(Prerequisite(Need.PROFESSIONAL, all(plans) and (professional or bool(plans))))
    return tuple(found)
