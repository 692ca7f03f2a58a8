"""What pages say is there for every code, and in every language."""

from pathlib import Path

from babel.messages.pofile import read_po

from services.auth.domain.claim import ClaimProblem
from services.auth.domain.consent import ConsentProblem
from services.auth.entrypoints import letters, roles
from services.auth.entrypoints.sentences import CLAIM_REFUSALS, OUTCOMES, all_sentences
from shared.marketplaces.registry import PROFILES

CATALOGUE = Path(__file__).parents[3] / "services/auth/catalogues/fr.po"


def test_every_problem_has_its_words() -> None:
    """A consent that fails never ends in an error page, nor a claim without a sentence."""
    assert set(OUTCOMES) == set(ConsentProblem)
    assert set(CLAIM_REFUSALS) == set(ClaimProblem)


def test_who_delegates_is_told_how() -> None:
    """Every marketplace with a portal has its steps."""
    delegated = [profile for profile in PROFILES.values() if profile.authorisation == "delegation"]
    assert [profile.name for profile in delegated if not profile.delegation_steps] == []


def test_every_sentence_is_translated() -> None:
    """Also those from code, and the marketplaces' data: regions, portals' steps, codes of consent pages."""
    with CATALOGUE.open("rb") as source:
        known = read_po(source)
    regions = [title for profile in PROFILES.values() for title in profile.regions.values()]
    steps = [step for profile in PROFILES.values() for step in (*profile.delegation_steps, *profile.client_steps)]
    steps += [step for profile in PROFILES.values() if profile.private for step in profile.private.steps]
    codes = [said for profile in PROFILES.values() for pair in profile.consent_codes.values() for said in pair]
    assert [
        said
        for said in [*all_sentences(), *letters.all_sentences(), *roles.all_sentences(), *regions, *steps, *codes]
        if said not in known or not known[said].string
    ] == []
