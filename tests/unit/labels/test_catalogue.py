"""Every sentence that rules and forms of labels can say exists in French."""

import ast
from io import BytesIO
from pathlib import Path

from babel.messages.pofile import read_po

from services.labels.domain import actions
from services.labels.domain.reasons import SENTENCES
from services.labels.entrypoints import settings_page, words

LABELS = Path(__file__).parents[3] / "services/labels"


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
    }


def test_every_sentence_is_translated() -> None:
    """No English sentence is left on a French page."""
    catalogue = read_po(BytesIO((LABELS / "catalogues/fr.po").read_bytes()))
    assert {sentence for sentence in said() if sentence not in catalogue or not catalogue[sentence].string} == set()
    assert len(refusals()) > 8
