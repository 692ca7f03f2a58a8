"""Every sentence of every page is there in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from shared.web.languages import LANGUAGES

ROOT = Path(__file__).parents[3]
SHARED = ROOT / "shared/web"
FOLDERS = [
    SHARED,
    *(folder for folder in sorted((ROOT / "services").iterdir()) if (folder / "entrypoints/templates").is_dir()),
]
OTHERS = [language for language in LANGUAGES if language != "en"]
PLACE = re.compile(r"%\(\w+\)s")
# What a French printer would mark: a straight apostrophe, a space before a sign at which a line may break.
UNPRINTED = re.compile(r"(?<=\w)'(?=\w)|« | [!:;?»]")


def sentences(folder: Path) -> Iterator[tuple[str, str]]:
    """Where and what, of all templates below the folder."""
    options = {"**.html": {"silent": "false", "newstyle_gettext": "true", "trim_blocks": "true"}}
    for found in extract_from_dir(folder, [("**.html", "jinja2")], options, keywords={"_": None, "gettext": None}):
        said = found[2] if isinstance(found[2], str) else found[2][0]
        yield f"{found[0]}:{found[1]}", said


def catalogue(folder: Path, language: str) -> Catalog:
    found = list(folder.rglob(f"catalogues/{language}.po"))
    assert len(found) == 1, f"{folder.name} has no catalogues/{language}.po"
    with found[0].open("rb") as source:
        return read_po(source, abort_invalid=True)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_sentence_is_translated(folder: Path, language: str) -> None:
    """What a template says is in its service's catalogue or in the shared one."""
    known = [catalogue(folder, language), catalogue(SHARED, language)]
    missing = [
        f"{place}: {said}"
        for place, said in sentences(folder)
        if not any(said in each and each[said].string for each in known)
    ]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_translation_keeps_the_places(folder: Path, language: str) -> None:
    """`%(name)s` and the like are in both, or a page breaks in one language only."""
    wrong = [
        str(message.id)
        for message in catalogue(folder, language)
        if message.id and sorted(PLACE.findall(str(message.id))) != sorted(PLACE.findall(str(message.string)))
        if not isinstance(message.id, tuple)
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_french_is_set_as_in_print(folder: Path) -> None:
    """Apostrophes are curved; no line begins with the sign that ends a sentence."""
    wrong = [
        str(message.string)
        for message in catalogue(folder, "fr")
        if message.id and UNPRINTED.search(str(message.string))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_our_own_problems_are_translated(language: str) -> None:
    """The titles and details shared/web answers with are shown on error pages."""
    known = catalogue(SHARED, language)
    said = [
        argument.value
        for path in SHARED.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
        for argument in node.args[2:]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    assert said
    assert [each for each in said if each not in known] == []
