"""`docs/roles.md`, written from code: what each role of a member may do."""

from shared.access.roles import MEANT, PERMISSIONS, Role


def page() -> str:
    head = ["permission", "allows", *(role.value for role in Role)]
    rows = [
        [f"`{permission}`", MEANT[permission], *("yes" if role in roles else "no" for role in Role)]
        for permission, roles in PERMISSIONS.items()
    ]
    lines = [
        "# Roles",
        "Written from the code by `make contracts`; `make check` compares, and holds every route of every service "
        "to it.",
        "",
        "A member has one role in one organisation; whoever signs up is an owner. What a role may not do is on no "
        "page, and answers 403 when it is asked for all the same. Everybody has their own account: password, second "
        "factor, sessions. An API client is held to its scopes, which an owner gives it. Support staff of the operator "
        "have no role by that: their pages are there for nobody else (decision 0024).",
        "",
        *(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)),
    ]
    return "\n".join(lines) + "\n"
