"""Every sentence that rules and forms of labels can say exists in French."""

import ast
from io import BytesIO
from pathlib import Path

from babel.messages.pofile import read_po

from services.labels.domain import actions
from services.labels.domain.reasons import SENTENCES
from services.labels.entrypoints import batch_pages, list_page, settings_page, words

ROOT = Path(__file__).parents[3]
LABELS = ROOT / "services/labels"
CATALOGUES = [folder / "catalogues/fr.po" for folder in (LABELS, ROOT / "shared/web")]


def refusals() -> set[str]:
    """The sentences of every `NotPossible(code, sentence)` in the code."""
    found = set()
    for source in LABELS.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "NotPossible":
                found |= {str(one.value) for one in node.args[1:2] if isinstance(one, ast.Constant)}
    return found


def said() -> set[str]:
    retries = {value for name, value in vars(actions).items() if name.isupper() and isinstance(value, str)}
    return {
        *SENTENCES.values(),
        *retries,
        *refusals(),
        *words.STATES.values(),
        *settings_page.SENTENCES.values(),
        *(name for _, name in words.MENDED_AT.values()),
        *(words.CONNECTIONS, words.PARCEL, words.ORDER, batch_pages.NONE_CHOSEN, batch_pages.TOO_MANY),
        *(list_page.NONE_CHOSEN, list_page.TOO_MANY),
    }


def test_every_sentence_is_translated() -> None:
    """No English sentence is left on a French page."""
    catalogues = [read_po(BytesIO(path.read_bytes())) for path in CATALOGUES]
    translated = {one.id for catalogue in catalogues for one in catalogue if one.string}
    assert said() - translated == set()
    assert len(refusals()) > 8
