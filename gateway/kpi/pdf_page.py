"""A report as PDF, A4 landscape; reportlab is imported only when it is needed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from gateway.kpi.errors import NoPdf
from gateway.kpi.figures import Verdict
from gateway.kpi.plain import MARKS
from gateway.kpi.sheets import Document, Table

FONTS = {"SemarakText": "Vera.ttf", "SemarakBold": "VeraBd.ttf"}
"""Come with reportlab, embedded in the file: a PDF's own fonts have no ≤."""
INKS = {Verdict.GOOD: "#1c6b35", Verdict.BEARABLE: "#7a5200", Verdict.BAD: "#a33c00", Verdict.UNJUDGED: "#4c5258"}
WIDE, VERDICT_AT = 3.0, 3


def _library() -> tuple[Any, Any, Any, Any]:
    try:
        import reportlab.platypus as platypus  # type: ignore[import-untyped] # ships no types
        from reportlab.lib import pagesizes, styles  # type: ignore[import-untyped] # ships no types
        from reportlab.pdfbase import pdfmetrics, ttfonts  # type: ignore[import-untyped] # ships no types
    except ImportError:
        raise NoPdf(
            "PDF needs reportlab; install it with the extra: pip install 'semarak[reports]', or print the HTML"
        ) from None
    for name, file in FONTS.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(ttfonts.TTFont(name, file))
    return platypus, styles, pagesizes, pdfmetrics


def pdf(of: Document) -> bytes:
    """Return the report as a PDF file; raise NoPdf without the library."""
    platypus, styles, pagesizes, _ = _library()
    out = io.BytesIO()
    size = pagesizes.landscape(pagesizes.A4)
    made = platypus.SimpleDocTemplate(
        out, pagesize=size, leftMargin=34, rightMargin=34, topMargin=34, bottomMargin=40,
        title=f"{of.title} – {of.site}", author="Semarak", lang=of.language,
    )  # fmt: skip
    text, small, head, title = _styles(styles)
    story: list[Any] = [
        platypus.Paragraph(escape(of.title), title), platypus.Paragraph(escape(of.site), text),
        *(platypus.Paragraph(escape(each), text) for each in of.sentences),
        *(platypus.Paragraph(f'<font color="#8a4600">{escape(each)}</font>', text) for each in of.warnings),
    ]  # fmt: skip
    for table in of.tables:
        story.append(platypus.Paragraph(escape(table.title), head))
        story.append(_table(table, platypus, small, width=size[0] - 68))
    story.append(platypus.Paragraph(escape(of.made), small))

    def foot(canvas: Any, _made: Any) -> None:
        canvas.setFont("SemarakText", 7)
        canvas.drawString(34, 22, f"{of.site} · {of.title} · {of.made}")
        canvas.drawRightString(size[0] - 34, 22, str(canvas.getPageNumber()))

    made.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _styles(styles: Any) -> tuple[Any, Any, Any, Any]:
    def style(name: str, size: float, *, font: str = "SemarakText", before: float = 0) -> Any:
        return styles.ParagraphStyle(
            name, fontName=font, fontSize=size, leading=size * 1.3, spaceBefore=before, spaceAfter=size * 0.3
        )

    return (
        style("text", 9), style("small", 7.5), style("head", 11, font="SemarakBold", before=10),
        style("title", 16, font="SemarakBold"),
    )  # fmt: skip


def _table(of: Table, platypus: Any, style: Any, *, width: float) -> Any:
    if not of.rows:
        return platypus.Paragraph(escape(of.empty or "–"), style)
    weights = [WIDE if place in of.wide else 1.6 if place == 0 else 1.0 for place in range(len(of.heads))]
    widths = [width * weight / sum(weights) for weight in weights]
    heads = [platypus.Paragraph(f'<font name="SemarakBold">{escape(head)}</font>', style) for head in of.heads]
    body = [
        [platypus.Paragraph(_cell(of, n, place), style) for place in range(len(of.heads))] for n in range(len(of.rows))
    ]
    made = platypus.Table([heads, *body], colWidths=widths, repeatRows=1)
    made.setStyle(platypus.TableStyle(LINES))
    return made


LINES: Sequence[tuple[Any, ...]] = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, 0), 1.0, "#6b737b"),
    ("LINEBELOW", (0, 1), (-1, -1), 0.4, "#d5d9dd"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
)


def _cell(of: Table, n: int, place: int) -> str:
    text = of.rows[n][place]
    if not of.verdicts or place != VERDICT_AT:
        return escape(text)
    words = text.removeprefix(f"{MARKS[of.verdicts[n]]} ")
    return f'<font name="SemarakBold" color="{INKS[of.verdicts[n]]}">{escape(words)}</font>'
