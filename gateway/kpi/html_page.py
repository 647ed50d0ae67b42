"""A report as one HTML file that needs nothing else: it opens anywhere, and prints on A4."""

from __future__ import annotations

from html import escape

from gateway.kpi.figures import Verdict
from gateway.kpi.sheets import Document, Table

STYLE = """
:root { color-scheme: light; }
body { font: 14px/1.45 Inter, "Segoe UI", system-ui, sans-serif; color: #1c1f22; background: #fff; margin: 2rem auto;
  max-width: 72rem; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.site { font-size: 1.1rem; color: #4c5258; margin: .1rem 0 1rem; } .made { color: #4c5258; margin-top: 2rem; }
.warning { border-left: 4px solid #b35900; background: #fdf3e6; padding: .5rem .75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #d5d9dd; }
th { border-bottom: 2px solid #6b737b; } td { font-variant-numeric: tabular-nums; } td.wide { color: #3f454b; }
tr.bad td:first-child, tr.bad .verdict { font-weight: 700; } tr.bad .verdict { color: #a33c00; }
tr.bearable .verdict { color: #7a5200; } tr.good .verdict { color: #1c6b35; } tr.unjudged .verdict { color: #4c5258; }
@page { size: A4 landscape; margin: 12mm; }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 10.5px; } .scroll { overflow: visible; }
  thead { display: table-header-group; } tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""


def page(of: Document) -> str:
    """Return the report as a whole HTML document."""
    warnings = "".join(f'<p class="warning">{escape(text)}</p>' for text in of.warnings)
    sentences = "".join(f"<p>{escape(text)}</p>" for text in of.sentences)
    tables = "".join(map(_table, of.tables))
    return (
        f'<!doctype html>\n<html lang="{of.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(of.title)} – {escape(of.site)}</title><style>{STYLE}</style></head><body><main>"
        f'<h1>{escape(of.title)}</h1><p class="site">{escape(of.site)}</p>{sentences}{warnings}{tables}'
        f'<p class="made">{escape(of.made)}</p></main></body></html>\n'
    )


def _table(of: Table) -> str:
    title = f"<h2>{escape(of.title)}</h2>"
    if not of.rows:
        return f"{title}<p>{escape(of.empty or '–')}</p>"
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in of.heads)
    rows = "".join(_row(of, n) for n in range(len(of.rows)))
    body = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f'{title}<div class="scroll" tabindex="0" role="group" aria-label="{escape(of.title)}">{body}</div>'


def _row(of: Table, n: int) -> str:
    verdict: Verdict | None = of.verdicts[n] if of.verdicts else None
    cells = "".join(
        f'<td class="{_kind(of, place, judged=verdict is not None)}">{escape(cell)}</td>'
        for place, cell in enumerate(of.rows[n])
    )
    return f'<tr class="{verdict or ""}">{cells}</tr>'


def _kind(of: Table, place: int, *, judged: bool) -> str:
    if place in of.wide:
        return "wide"
    return "verdict" if judged and place == VERDICT_AT else ""


VERDICT_AT = 3
