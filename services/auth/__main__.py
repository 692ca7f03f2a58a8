"""python -m services.auth api|worker|migrate|connections|users|support|roles|keys|secrets|audit|republish"""

import argparse
import sys
from datetime import date
from pathlib import Path
from uuid import UUID

import uvloop

from shared.runtime.loading import loading

_ACTIONS = {
    "approve": "the account is this organisation's: you have seen it",
    "probe": "the worker asks the marketplace about it next",
    "pause": "nothing is done for it until it is resumed",
    "resume": "it goes on from where it stood",
    "remind": "its organisation's members are reminded within the hour of what ends",
    "disconnect": "ends one, such as a connection to somebody else's account",
    "erase": "ends one, and has all buyers' data that came by it destroyed",
}

_USER_ACTIONS = {
    "unlock": "wrong passwords are forgotten: they may sign in again at once",
    "disable": "nobody signs in as them, and their sessions end",
    "enable": "they may sign in again",
    "make-owner": "their organisation lost its last owner: they may do everything in it from now on",
    "remove-factor": "for who lost app or passkeys and recovery codes: a password is enough, until they set up another",
    "reset": "prints the path of a link to choose another password within the hour: for them alone; enables them",
}


def main() -> int:
    """Each command imports only what it needs: `migrate` runs at every deployment and must start fast."""
    arguments = _parser().parse_args()
    match arguments.command:
        case "api":
            with loading():
                from services.auth.entrypoints import api
                from services.auth.settings import load

            return uvloop.run(api.run(load()))
        case "worker":
            with loading():
                from services.auth.entrypoints import worker
                from services.auth.settings import load

            return uvloop.run(worker.run(load()))
        case "migrate":
            return uvloop.run(_migrate())
        case "keys":
            with loading():
                from services.auth.entrypoints import keys_operator
                from services.auth.settings import load_for_migration

            _log_aside()
            return uvloop.run(keys_operator.run(arguments, load_for_migration()))
        case "secrets":
            with loading():
                from services.auth.entrypoints import secrets_operator
                from services.auth.settings import load

            _log_aside()
            return uvloop.run(secrets_operator.run(arguments, load()))
        case _:
            with loading():
                from services.auth.entrypoints import operator
                from services.auth.settings import load_for_migration

            return uvloop.run(operator.run(arguments, load_for_migration()))


def _log_aside() -> None:
    """Standard output is for what was asked."""
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def _parser() -> argparse.ArgumentParser:
    from shared.messaging.parked import add_republish_command

    parser = argparse.ArgumentParser(prog="python -m services.auth", description="Accounts, consents and tokens.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="pages, APIs and the token endpoint")
    commands.add_parser("worker", help="publishes events, probes consents, sends mails, keeps keys young")
    commands.add_parser("migrate", help="brings the database to its newest revision, makes our topics and signing key")
    _add_connections_command(commands)
    _add_users_command(commands)
    _add_support_command(commands)
    _add_roles_command(commands)
    _add_keys_command(commands)
    _add_secrets_command(commands)
    _add_audit_command(commands)
    add_republish_command(commands)
    return parser


def _add_connections_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    connections = commands.add_parser("connections", help="seller accounts: look at them, act on one")
    actions = connections.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="one line per connection, of all organisations")
    listing.add_argument("--state", help="those in this state, such as unproven: nothing has proven them yet")
    show = actions.add_parser("show", help="one connection")
    for each in (listing, show):
        each.add_argument("--json", action="store_true", help="for programs")
    for action, help_ in _ACTIONS.items():
        actions.add_parser(action, help=help_).add_argument("connection", type=UUID)
    show.add_argument("connection", type=UUID)


def _add_keys_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = commands.add_parser("keys", help="data keys: under which key-encryption key they are, and rotation")
    actions = keys.add_subparsers(dest="action", required=True)
    status = actions.add_parser(
        "status", help="how many are under which; exits with 3 while some are not under the newest"
    )
    rotate = actions.add_parser("rotate", help="brings all under the newest now, beside the worker; again after a kill")
    for each in (status, rotate):
        each.add_argument("--json", action="store_true", help="for programs")
    renew = actions.add_parser("renew", help="seals a connection's tokens under a fresh data key")
    renew.add_argument("--connection", type=UUID, required=True)


def _add_secrets_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    secrets = commands.add_parser("secrets", help="client secrets of our applications: when they end, and new ones")
    actions = secrets.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="all there were; exits with 3 while one in use ends within 30 days")
    keep = actions.add_parser("set", help="keeps one made by hand, tried where there is a way to: no restart")
    keep.add_argument("--file", type=Path, help="where it is; else it is read from standard input")
    keep.add_argument("--ends", default="", metavar="YYYY-MM-DD", help="else counted from today")
    rotate = actions.add_parser("rotate", help="asks the marketplace for another, which comes by the queue")
    for each in (keep, rotate):
        each.add_argument("--client", required=True, metavar="CLIENT_ID")
    for each in (listing, keep, rotate):
        each.add_argument("--json", action="store_true", help="for programs")


def _add_audit_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    audit = commands.add_parser("audit", help="the audit log: whether it is what was written")
    actions = audit.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="goes through the whole chain; 1: it is broken, and where first")
    verify.add_argument("--head", metavar="POSITION:HASH", help="one that was noted before, which must still be in it")


def _add_users_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    users = commands.add_parser("users", help="people who sign in: look at them, act on one")
    actions = users.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="one line per person, of all organisations, without their address")
    listing.add_argument("--email", help="the one who signs in with this address")
    listing.add_argument("--json", action="store_true", help="for programs")
    for action, help_ in _USER_ACTIONS.items():
        actions.add_parser(action, help=help_).add_argument("user", type=UUID)


def _add_support_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    support = commands.add_parser("support", help="the operator's own people who may look at organisations' states")
    actions = support.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="one line per person, without their address")
    listing.add_argument("--json", action="store_true", help="for programs")
    grant = actions.add_parser("grant", help="who has this confirmed address may; it takes their second factor")
    revoke = actions.add_parser("revoke", help="from their next request on they may no longer")
    grant.add_argument("--secrets", action="store_true", help="and may keep client secrets of ours on its page")
    revoke.add_argument("--secrets", action="store_true", help="that right alone: they stay support staff")
    for each in (grant, revoke):
        each.add_argument("email", metavar="EMAIL")


def _add_roles_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    roles = commands.add_parser("roles", help="roles our applications ask for, and how many sellers have given them")
    actions = roles.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="one line per marketplace, region and role")
    listing.add_argument("--json", action="store_true", help="for programs")
    ask = actions.add_parser("ask", help="who consented before is asked to consent anew, in all regions")
    ask.add_argument("--since", type=date.fromisoformat, help="the day, such as 2026-11-30, from 0:00 UTC; else now")
    drop = actions.add_parser("drop", help="it is asked for no longer")
    for each in (ask, drop):
        each.add_argument("marketplace")
        each.add_argument("role", help="by its name at the marketplace")


async def _migrate() -> int:
    with loading():
        from services.auth.first_key import make_first_key
        from services.auth.settings import load_for_migration
        from shared.db.errors import DatabaseUnavailable
        from shared.db.migrations import migrate
        from shared.messaging.kafka import TopicsNotMade, ensure_topics, kafka_of

    settings = load_for_migration()
    try:
        await migrate(settings.database_url.get_secret_value(), Path(__file__).parent / "migrations")
        await make_first_key(settings)
        if settings.kafka_bootstrap_servers:
            await ensure_topics(kafka_of(settings), "auth")
    except (DatabaseUnavailable, TopicsNotMade) as error:
        sys.stderr.write(f"not migrated: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
