"""python -m services.auth api|worker|migrate|connections|users|republish"""

import argparse
import sys
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
}

_USER_ACTIONS = {
    "unlock": "wrong passwords are forgotten: they may sign in again at once",
    "disable": "nobody signs in as them, and their sessions end",
    "enable": "they may sign in again",
    "remove-factor": "they lost their app and recovery codes: a password is enough, until they set up another",
    "reset": "prints the path of a link to choose another password within the hour: for them alone",
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
        case _:
            with loading():
                from services.auth.entrypoints import operator
                from services.auth.settings import load_for_migration

            return uvloop.run(operator.run(arguments, load_for_migration()))


def _parser() -> argparse.ArgumentParser:
    from shared.messaging.parked import add_republish_command

    parser = argparse.ArgumentParser(prog="python -m services.auth", description="Accounts, consents and tokens.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="pages, APIs and the token endpoint")
    commands.add_parser("worker", help="publishes events, probes consents, sends mails, keeps keys young")
    commands.add_parser("migrate", help="brings the database to its newest revision, makes our topics and signing key")
    _add_connections_command(commands)
    _add_users_command(commands)
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


def _add_users_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    users = commands.add_parser("users", help="people who sign in: look at them, act on one")
    actions = users.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="one line per person, of all organisations, without their address")
    listing.add_argument("--email", help="the one who signs in with this address")
    listing.add_argument("--json", action="store_true", help="for programs")
    for action, help_ in _USER_ACTIONS.items():
        actions.add_parser(action, help=help_).add_argument("user", type=UUID)


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
