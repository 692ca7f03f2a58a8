"""`audit verify`: whether the audit log is what was written, said in its last line."""

import argparse
import re
import sys

from services.auth.domain.audit_chain import Head
from services.auth.operator_bootstrap import Operator
from services.auth.usecases.audit_log import verify_audit

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


async def run_audit(arguments: argparse.Namespace, held: Operator) -> int:
    """The exit status of `audit verify`."""
    noted = _HEAD.fullmatch(arguments.head or "")
    if arguments.head and noted is None:
        sys.stderr.write("a head is its position, a colon and 64 hexadecimal digits\n")
        return 2
    found = await verify_audit(held.audit_log, Head(int(noted[1]), noted[2]) if noted else None)
    if found.head is not None:
        sys.stdout.write(f"head {found.head}\n")
    said = f"first break at {found.problem}" if found.problem else "unbroken"
    sys.stdout.write(f"{found.entries} entries, {said}\n")
    return 1 if found.problem else 0
