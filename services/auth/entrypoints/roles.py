"""The roles, as members read them; English, translated by the catalogues."""

from dataclasses import dataclass

from shared.access.roles import Role


@dataclass(frozen=True, slots=True)
class Said:
    name: str
    means: str


# In the order they are offered: the least first.
ROLES = {
    Role.VIEWER: Said("Viewer", "Reads everything but buyers' names and addresses; changes nothing."),
    Role.SHIPPER: Said("Shipper", "Also sees whom an order goes to, makes, prints and voids labels."),
    Role.MANAGER: Said("Manager", "Also connections, stock, accepting orders, settings, the audit log."),
    Role.OWNER: Said("Owner", "Everything: also members, API clients, and erasing buyers' data."),
}


def all_sentences() -> list[str]:
    """Every sentence here, for the catalogues' completeness."""
    return [sentence for said in ROLES.values() for sentence in (said.name, said.means)]
