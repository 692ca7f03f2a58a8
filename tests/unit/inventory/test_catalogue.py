"""Every sentence a stock page can show exists in French."""

from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po

from services.inventory.entrypoints import listing_form, listing_words, requests, stock_form
from services.inventory.entrypoints.level_pages import LINE_PROBLEMS, NOTHING_GIVEN
from services.inventory.entrypoints.schemas import CODE_PROBLEMS

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "services" / "inventory" / "entrypoints" / "templates"
CATALOGUES = [
    ROOT / "services" / "inventory" / "catalogues" / "fr.po",
    ROOT / "shared" / "web" / "catalogues" / "fr.po",
]


def said() -> set[str]:
    """Sentences of the templates, of the forms and of the codes they show."""
    form = {stock_form.NOTHING_SET, *(sentence for _, _, sentence in stock_form.NUMBERS.values())}
    sentences = {*CODE_PROBLEMS.values(), *LINE_PROBLEMS.values(), NOTHING_GIVEN, *form}
    sentences |= {listing_form.BUFFER_WRONG, listing_form.MAXIMUM_WRONG, listing_form.SKU_UNKNOWN}
    sentences |= {requests.NOTHING_TO_TELL, requests.WHY_NOTHING, requests.WEIGHTS_NOT_TOLD, requests.ENTER_WEIGHTS}
    sentences |= {words for words, _ in listing_words.STATES.values()}
    for named in (
        listing_words.REASONS,
        listing_words.WAITS,
        listing_words.MAPPED_BY,
        listing_words.WEIGHT_PROBLEMS,
    ):
        sentences |= set(named.values())
    for template in TEMPLATES.glob("*.html"):
        found = extract("jinja2.ext:babel_extract", BytesIO(template.read_bytes()), keywords={"_": None})
        sentences |= {str(message) for _, message, _, _ in found}
    return sentences


def translated() -> set[str]:
    return {
        str(message.id)
        for path in CATALOGUES
        for message in read_po(BytesIO(path.read_bytes()))
        if message.id and message.string
    }


def test_every_sentence_is_translated() -> None:
    """No English sentence is left on a French page."""
    assert said() - translated() == set()
    assert len(said()) > 40
