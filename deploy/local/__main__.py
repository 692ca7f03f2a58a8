"""`python -m deploy.local run | gateway | lock`; each imports only what it needs."""

import sys

from deploy.local.errors import CannotRun


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run"]:
            from deploy.local.run import main as run

            run()
        case ["gateway"]:
            from deploy.local.gateway import serve

            serve()
        case ["lock"]:
            from deploy.local.jars import lock

            lock()
        case _:
            print("usage: python -m deploy.local run|gateway|lock", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotRun as error:
        sys.exit(f"\n{error}")
