"""What an operator says and sees of roles that our applications ask for: since when, and who has given them."""

import argparse
import sys
from datetime import UTC, datetime

from services.auth.domain.asked_role import AskedRoleInvalid
from services.auth.entrypoints.operator_tables import Facts, print_facts, time_of
from services.auth.operator_bootstrap import Operator
from services.auth.usecases.ask_for_roles import RoleUnknown, ask_for_role, drop_role
from services.auth.usecases.role_ports import RoleStanding
from shared.marketplaces.registry import PROFILES

_COLUMNS = ("marketplace", "region", "role", "since", "given", "lacking")


async def run_roles(arguments: argparse.Namespace, held: Operator) -> int:
    """The exit status of `roles …`."""
    if arguments.action == "list":
        standing = (await held.views.standing()).roles
        print_facts(_COLUMNS, [_facts(one) for one in standing], as_json=arguments.json)
        return 0
    profile = PROFILES.get(arguments.marketplace)
    if profile is None or profile.authorisation != "consent":
        sys.stderr.write("there is no marketplace of this name where sellers consent to roles\n")
        return 2
    try:
        async with held.uow() as store:
            if arguments.action == "drop":
                await drop_role(profile.name, arguments.role, store=store, clock=held.clock)
            else:
                since = datetime.combine(arguments.since, datetime.min.time(), UTC) if arguments.since else None
                await ask_for_role(
                    profile.name, list(profile.regions), arguments.role, since, store=store, clock=held.clock
                )
    except AskedRoleInvalid:
        sys.stderr.write("a role has a name of 1 to 80 characters, and is asked for since a day that has come\n")
        return 2
    except RoleUnknown:
        sys.stderr.write("this role was not asked for\n")
        return 1
    sys.stdout.write("done\n")
    return 0


def _facts(one: RoleStanding) -> Facts:
    return {
        "marketplace": one.asked.marketplace,
        "region": one.asked.region,
        "role": one.asked.role,
        "since": time_of(one.asked.since),
        "given": one.given,
        "lacking": one.lacking,
    }
