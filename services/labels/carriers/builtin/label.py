"""
The built-in carrier's label: an A6 page with sender, recipient, weight and the SSCC as a GS1-128 bar code.

Rendered when it is asked for and kept nowhere: it holds personal data. Of the recipient only what a parcel needs is
printed: no e-mail address and no phone number (domain rule 33).
"""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from services.labels.domain.carrier import LabelContent, Recipient

# Helvetica, which PDF readers bring along, has no Polish, Czech or Greek letters.
_FONT, _BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
_FONTS = Path(__file__).parent / "fonts"

_MARGIN = 6 * mm
_FNC1 = "\xf1"  # reportlab's spelling of the code that makes a Code 128 a GS1-128
_SSCC_IDENTIFIER = "00"
_MODULE = 0.44 * mm
_BAR_HEIGHT = 30 * mm
_FACTS_BASE = _MARGIN + _BAR_HEIGHT + 13 * mm
_INSTRUCTIONS_HEIGHT = 34.0
_SIZES = (12, 10, 8, 6)
_LEADING = 1.2


def render_labels(contents: Sequence[LabelContent]) -> bytes:
    """A PDF with a page for each. Lines too long are broken, and a long address is set smaller."""
    _register_fonts()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A6, pageCompression=1)
    canvas.setTitle(", ".join(content.number for content in contents[:3]) + (", …" if contents[3:] else ""))
    for content in contents:
        top = _draw_sender(canvas, content)
        _draw_recipient(canvas, content.recipient, top)
        _draw_facts(canvas, content)
        _draw_bar_code(canvas, content.number)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@cache
def _register_fonts() -> None:
    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))


def _draw_sender(canvas: Canvas, content: LabelContent) -> float:
    """Small, at the top; gives where it ends."""
    sender = content.sender
    text = ", ".join((sender.name, *sender.lines, f"{sender.postal_code} {sender.city}".strip(), sender.country))
    lines = _broken([text], _FONT, 7)[:2]
    end = _draw_lines(canvas, lines, A6[1] - _MARGIN - 7, _FONT, 7)
    canvas.setFont(_BOLD, 10)
    canvas.drawString(_MARGIN, end - 6, content.carrier[:40])
    canvas.line(_MARGIN, end - 10, A6[0] - _MARGIN, end - 10)
    return end - 10


def _draw_recipient(canvas: Canvas, recipient: Recipient, top: float) -> None:
    size, lines = _fitting(recipient_lines(recipient), top - _FACTS_BASE - _INSTRUCTIONS_HEIGHT)
    end = _draw_lines(canvas, lines, top - 1.5 * size, _BOLD, size)
    if recipient.instructions:
        _draw_lines(canvas, _broken([recipient.instructions], _FONT, 7)[:2], end - 2, _FONT, 7)


def _fitting(lines: list[str], height: float) -> tuple[float, list[str]]:
    """The largest type in which the whole address fits; what no type can hold loses lines before town and country."""
    for size in _SIZES:
        broken = _broken(lines, _BOLD, size)
        most = int(height / (size * _LEADING)) - 1
        if len(broken) <= most:
            return size, broken
    return size, broken[: most - 3] + broken[-3:]


def recipient_lines(recipient: Recipient) -> list[str]:
    """The address block from top to bottom, empty parts left out."""
    place = " ".join(part for part in (recipient.postal_code, recipient.city) if part)
    parts = (recipient.company, recipient.name, *recipient.lines, place, recipient.state, recipient.country)
    return [part for part in parts if part]


def _draw_facts(canvas: Canvas, content: LabelContent) -> None:
    base = _FACTS_BASE
    canvas.line(_MARGIN, base + 11, A6[0] - _MARGIN, base + 11)
    canvas.setFont(_FONT, 8)
    canvas.drawString(_MARGIN, base, f"{content.weight_grams / 1000:.3f} kg   x {content.units}")
    canvas.drawRightString(A6[0] - _MARGIN, base, content.order_reference[:40])


def _draw_bar_code(canvas: Canvas, number: str) -> None:
    code = Code128(_FNC1 + _SSCC_IDENTIFIER + number, barWidth=_MODULE, barHeight=_BAR_HEIGHT, quiet=True)
    code.drawOn(canvas, (A6[0] - code.width) / 2, _MARGIN + 6 * mm)
    canvas.setFont(_FONT, 10)
    canvas.drawCentredString(A6[0] / 2, _MARGIN, f"({_SSCC_IDENTIFIER}) {number}")


def _draw_lines(canvas: Canvas, lines: list[str], top: float, font: str, size: float) -> float:
    canvas.setFont(font, size)
    for number, line in enumerate(lines):
        canvas.drawString(_MARGIN, top - number * size * _LEADING, line)
    return top - len(lines) * size * _LEADING


def _broken(lines: list[str], font: str, size: float) -> list[str]:
    width = A6[0] - 2 * _MARGIN
    return [part for line in lines for part in simpleSplit(line, font, size, width)]
