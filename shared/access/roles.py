"""
What a member of an organisation may do, by role: one table, which every service's pages and APIs are held to.

A permission that is also a scope (`scopes.py`) can be given to API clients too; the others are for people alone.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.access.scopes import (
    AUTH_CONNECTIONS_READ,
    AUTH_CONNECTIONS_WRITE,
    MEANINGS,
    ORDERS_READ,
    ORDERS_RECIPIENT_READ,
    ORDERS_WRITE,
    SHIPMENTS_READ,
    SHIPMENTS_WRITE,
    STOCK_READ,
    STOCK_WRITE,
)

CARRIER_WRITE = "labels.carrier:write"
AUDIT_READ = "auth.audit:read"
BUYERS_ERASE = "auth.buyers:erase"
CLIENTS_WRITE = "auth.clients:write"
MEMBERS_WRITE = "auth.members:write"
ORGANISATION_CLOSE = "auth.organisation:close"


class Role(StrEnum):
    """Each may do what those after it may."""

    OWNER = "owner"
    MANAGER = "manager"
    SHIPPER = "shipper"
    VIEWER = "viewer"


_ALL = frozenset(Role)
_SHIPPING = frozenset({Role.OWNER, Role.MANAGER, Role.SHIPPER})
_MANAGING = frozenset({Role.OWNER, Role.MANAGER})
_OWNING = frozenset({Role.OWNER})

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    ORDERS_READ: _ALL,
    STOCK_READ: _ALL,
    SHIPMENTS_READ: _ALL,
    AUTH_CONNECTIONS_READ: _ALL,
    ORDERS_RECIPIENT_READ: _SHIPPING,
    SHIPMENTS_WRITE: _SHIPPING,
    ORDERS_WRITE: _MANAGING,
    STOCK_WRITE: _MANAGING,
    CARRIER_WRITE: _MANAGING,
    AUTH_CONNECTIONS_WRITE: _MANAGING,
    AUDIT_READ: _MANAGING,
    BUYERS_ERASE: _OWNING,
    CLIENTS_WRITE: _OWNING,
    MEMBERS_WRITE: _OWNING,
    ORGANISATION_CLOSE: _OWNING,
}

# Of a permission, what a member does with it.
MEANT = {
    **{scope: MEANINGS[scope] for scope in PERMISSIONS if scope in MEANINGS},
    SHIPMENTS_READ: "Read shipments and what marketplaces were told of them, without their labels.",
    SHIPMENTS_WRITE: "Create, print and void labels, hand parcels over, repeat write-backs.",
    ORDERS_RECIPIENT_READ: "Read to whom an order goes, which a label says too; every read of an order's is audited.",
    AUTH_CONNECTIONS_WRITE: "Connect, set up, pause and end connections; make the calendar's address.",
    CARRIER_WRITE: "Change the carrier; by channel, who makes labels and when its marketplace is told.",
    AUDIT_READ: "Read and download the audit log.",
    BUYERS_ERASE: "Have all buyers' data of a connection erased.",
    CLIENTS_WRITE: "Make and revoke API clients and their secrets.",
    MEMBERS_WRITE: "Invite members, change their roles, remove them; review who has access.",
    ORGANISATION_CLOSE: "Close the organisation, with all that is connected to it.",
}


def permissions_of(role: Role) -> frozenset[str]:
    """All that somebody of this role may do."""
    return frozenset(permission for permission, roles in PERMISSIONS.items() if role in roles)
