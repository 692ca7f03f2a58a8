"""What pages say is there for every code, and in every language."""

from pathlib import Path

from babel.messages.pofile import read_po

from services.auth.domain.consent import ConsentProblem
from services.auth.entrypoints.sentences import OUTCOMES, all_sentences
from shared.marketplaces.registry import PROFILES

CATALOGUE = Path(__file__).parents[3] / "services/auth/catalogues/fr.po"


def test_every_problem_has_a_page() -> None:
    """A consent that fails never ends in an error page."""
    assert set(OUTCOMES) == set(ConsentProblem)


def test_every_sentence_is_translated() -> None:
    """Also those that templates get from code, and the regions' names."""
    with CATALOGUE.open("rb") as source:
        known = read_po(source)
    regions = [title for profile in PROFILES.values() for title in profile.regions.values()]
    assert [said for said in [*all_sentences(), *regions] if said not in known or not known[said].string] == []
