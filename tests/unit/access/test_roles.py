"""The table of roles: complete, in steps, and the one that pages go by."""

import re
from itertools import pairwise
from pathlib import Path

from shared.access.roles import MEANT, PERMISSIONS, Role, permissions_of
from shared.access.scopes import SELLER_SCOPES

ROOT = Path(__file__).parents[3]
_ASKED = re.compile(r"""may\("([^"]+)"\)""")


def test_each_role_may_do_what_those_below_it_may() -> None:
    """And something more; an owner everything, all that a seller's programs may do with it."""
    steps = [permissions_of(role) for role in Role]
    assert all(less < more for more, less in pairwise(steps))
    assert steps[0] == set(PERMISSIONS) == set(MEANT) > SELLER_SCOPES


def test_pages_ask_for_permissions_that_exist() -> None:
    """A template that misspells one would hide what it is about from everybody."""
    templates = [*ROOT.glob("services/*/entrypoints/templates/*.html"), *ROOT.glob("shared/web/templates/*.html")]
    asked = {found for path in templates for found in _ASKED.findall(path.read_text())}
    assert len(asked) > 5
    assert asked <= set(PERMISSIONS)
