"""`python -m tests.sandbox --port 9900`: the sandbox as a process, until it is told to stop."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import uvicorn

from tests.sandbox.app import create_app
from tests.sandbox.world import Options


def main() -> None:
    args = _arguments()
    options = Options(
        seed=args.seed,
        quota_scale=args.quota_scale,
        acceptance_seconds=args.acceptance_seconds,
        package_seconds=args.package_seconds,
        list_lag_seconds=args.list_lag_seconds,
        write_visible_seconds=args.write_visible_seconds,
        patch_applied_seconds=args.patch_applied_seconds,
        state_path=args.state,
        static_cases=args.static_cases,
        mail_host=args.host,
        mail_port=args.mail_port,
    )
    uvicorn.run(
        create_app(options),
        host=args.host,
        port=args.port,
        # The far sides send their own Date and no Server header; access lines would carry query strings.
        date_header=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        # As the far sides' load balancers do: an idle connection that is closed sooner meets our next request.
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.sandbox", description="The far sides, played on one address.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9900)
    parser.add_argument("--seed", type=int, default=1, help="same seed, same history: same orders, ids and tokens")
    parser.add_argument("--state", type=Path, help="a file that keeps the state over restarts")
    parser.add_argument("--quota-scale", type=float, default=1.0, help="multiplies the published quotas")
    parser.add_argument("--acceptance-seconds", type=float, default=3.0, help="Octopia's checks after acceptance")
    parser.add_argument("--package-seconds", type=float, default=2.0, help="each step of Octopia's offer packages")
    parser.add_argument("--list-lag-seconds", type=float, default=120.0, help="how far order lists run behind")
    parser.add_argument("--write-visible-seconds", type=float, default=3.0, help="how late reads show a write")
    parser.add_argument("--patch-applied-seconds", type=float, default=10.0, help="when accepted quantities count")
    parser.add_argument("--static-cases", type=Path, help="a file of cases: Amazon's static sandbox")
    parser.add_argument("--mail-port", type=int, default=0, help="where mails are taken (SMTP); 0: any free one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
