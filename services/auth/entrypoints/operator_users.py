"""What an operator does about people who sign in: look at them, unlock, disable or enable one, help one in again."""

import argparse
import sys
from datetime import datetime

from services.auth.domain.account import email_key
from services.auth.domain.second_factor import NoFactor
from services.auth.entrypoints.letters import RESET_PATH
from services.auth.entrypoints.operator_tables import Facts, print_facts, time_of
from services.auth.operator_bootstrap import Operator
from services.auth.usecases.errors import UserUnknown
from services.auth.usecases.operate_users import (
    disable_user,
    enable_user,
    make_owner,
    make_reset_link,
    remove_user_factor,
    unlock_user,
)
from services.auth.usecases.views import User
from shared.kernel.ids import UserId

_CHANGES = {
    "unlock": unlock_user,
    "disable": disable_user,
    "enable": enable_user,
    "make-owner": make_owner,
    "remove-factor": remove_user_factor,
}
_COLUMNS = (
    "id", "organisation_id", "role", "state", "locked_until", "email_confirmed_at", "password_changed_at",
    "signed_up_at", "second_factor", "sessions", "seen_at",
)  # fmt: skip


async def run_users(arguments: argparse.Namespace, held: Operator) -> int:
    """The exit status of `users …`."""
    if arguments.action == "list":
        now = held.clock.now()
        found = await held.views.every_user(email_key(arguments.email) if arguments.email else None)
        print_facts(_COLUMNS, [_facts(user, now) for user in found], as_json=arguments.json)
        return 0
    try:
        sys.stdout.write(await _do(arguments.action, UserId(arguments.user), held) + "\n")
    except UserUnknown:
        sys.stderr.write("nobody has an account of this id\n")
        return 1
    except NoFactor:
        sys.stderr.write("they have no second factor\n")
        return 1
    return 0


async def _do(action: str, user_id: UserId, held: Operator) -> str:
    """What is said once it is done. Raises UserUnknown."""
    async with held.uow() as store:
        if action == "reset":
            secret = await make_reset_link(
                user_id, store=store, clock=held.clock, new_secret=held.new_secret, hasher=held.hasher
            )
            return f"{RESET_PATH}{secret}"
        await _CHANGES[action](user_id, store=store, clock=held.clock)
    return "done"


def _facts(user: User, now: datetime) -> Facts:
    account, locked = user.account, user.locked_until is not None and user.locked_until > now
    return {
        "id": str(account.id),
        "organisation_id": str(account.organisation_id),
        "role": account.role.value,
        "state": "disabled" if account.disabled_at else "locked" if locked else "active",
        "locked_until": time_of(user.locked_until) if locked else None,
        "disabled_at": time_of(account.disabled_at),
        "email_confirmed_at": time_of(account.email_confirmed_at),
        "password_changed_at": time_of(account.password_changed_at),
        "signed_up_at": time_of(user.created_at),
        "second_factor": user.has_factor,
        "sessions": user.sessions,
        "seen_at": time_of(user.seen_at),
    }
