"""Who is support staff: what an operator sees of them, and gives or takes."""

import argparse
import sys

from services.auth.domain.support import AddressUnconfirmed, NotStaff, SecretsAllowed, SecretsNotAllowed, StaffAlready
from services.auth.entrypoints.operator_tables import Facts, print_facts, time_of
from services.auth.operator_bootstrap import Operator
from services.auth.usecases.errors import UserUnknown
from services.auth.usecases.support import grant_secrets, grant_support, revoke_secrets, revoke_support
from services.auth.usecases.support_ports import Staff

# With `--secrets` it is that right alone which is taken.
_CHANGES = {
    ("grant", False): grant_support,
    ("grant", True): grant_secrets,
    ("revoke", False): revoke_support,
    ("revoke", True): revoke_secrets,
}
_COLUMNS = ("id", "organisation_id", "state", "second_factor", "secrets", "granted_at", "looks", "looked_at")
_WHY = {
    UserUnknown: "nobody has an account with this address",
    AddressUnconfirmed: "their address is not confirmed: the link of a mail, or of `users reset`, confirms it",
    StaffAlready: "they are support staff already",
    NotStaff: "they are no support staff",
    SecretsAllowed: "they may keep client secrets already",
    SecretsNotAllowed: "they are no support staff that may keep client secrets",
}


async def run_support(arguments: argparse.Namespace, held: Operator) -> int:
    """The exit status of `support …`."""
    if arguments.action == "list":
        print_facts(_COLUMNS, [_facts(one) for one in await held.support.staff()], as_json=arguments.json)
        return 0
    try:
        async with held.uow() as store:
            await _CHANGES[arguments.action, arguments.secrets](arguments.email, store=store, clock=held.clock)
    except tuple(_WHY) as error:
        sys.stderr.write(f"{_WHY[type(error)]}\n")
        return 1
    sys.stdout.write("done\n")
    return 0


def _facts(one: Staff) -> Facts:
    return {
        "id": str(one.account.id),
        "organisation_id": str(one.account.organisation_id),
        "state": "disabled" if one.account.disabled_at else "active",
        "second_factor": one.has_factor,
        "secrets": one.secrets,
        "granted_at": time_of(one.granted_at),
        "looks": one.looks,
        "looked_at": time_of(one.looked_at),
    }
