"""What auth needs of a marketplace."""

from dataclasses import dataclass

from shared.marketplaces.client_secrets import RotationPort
from shared.marketplaces.ports import AppstorePort, ConsentPort, DelegationPort, GrantPort
from shared.marketplaces.private import PrivatePort
from shared.marketplaces.restricted import RestrictedPort


@dataclass(frozen=True, slots=True)
class Access:
    """
    Also of a marketplace where no service works yet. See `registry.Marketplace`; `private`: None where it knows no
    applications of an organisation's own.
    """

    grants: GrantPort | None
    consent: ConsentPort | None
    appstore: AppstorePort | None
    delegation: DelegationPort | None
    private: PrivatePort | None
    rotation: RotationPort | None
    restricted: RestrictedPort | None = None
