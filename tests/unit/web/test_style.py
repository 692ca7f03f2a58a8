"""The style sheet can be read by everybody, in the light and in the dark."""

import re

import pytest

from shared.web.languages import HERE

SHEET = (HERE / "static/passerelle.css").read_text()
TEXT_ON = [
    ("ink", "ground"), ("ink", "paper"), ("ink-soft", "ground"), ("ink-soft", "paper"), ("accent", "paper"),
    ("accent", "ground"), ("accent", "accent-soft"), ("accent-ink", "accent"), ("ink", "good-soft"),
    *[(tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "busy")],
    *[("ink", f"{tone}-soft") for tone in ("warn", "bad", "busy")],
    *[("accent", f"{tone}-soft") for tone in ("good", "warn", "bad", "busy")],
    ("bad", "paper"), ("bad", "ground"),
]  # fmt: skip
EDGES_ON = [("line-strong", "paper"), ("line-strong", "ground"), ("focus", "paper"), ("focus", "ground")]


def colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    return light if scheme == "light" else light | dark


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(scheme: str) -> None:
    """WCAG AA: 4.5 for text, 3 for edges of controls and the focus ring, on every ground they are used on."""
    known = colours(scheme)
    weak = [
        f"{front} on {back}: {ratio:.2f}"
        for pairs, least in ((TEXT_ON, 4.5), (EDGES_ON, 3.0))
        for front, back in pairs
        if (ratio := contrast(known[front], known[back])) < least
    ]
    assert weak == []


def test_every_colour_has_its_dark_counterpart() -> None:
    """A colour forgotten in the dark scheme would be light on light."""
    blocks = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    names = [set(re.findall(r"--([a-z-]+): #", block)) for block in blocks]
    assert names[0] == names[1]


def test_every_colour_is_a_variable() -> None:
    """No colour is written anywhere else."""
    rules = SHEET.split("*, *::before", 1)[1]
    assert re.findall(r"#[0-9a-f]{3,8}\b|rgb\(", rules) == []
