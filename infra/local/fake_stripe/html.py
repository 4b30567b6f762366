"""The frame of the hosted pages: one sheet of plain HTML and CSS, no script, fit for a phone."""

from collections.abc import Sequence
from html import escape
from typing import Final

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a1f36; --quiet: #5b6478; --paper: #fff;
  --ground: #f2f4f8; --line: #d6dbe6; --deed: #4a3fd1; --no: #a3182d; --yes: #0b6b41; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef1f7; --quiet: #a9b2c5; --paper: #1d2230;
  --ground: #12151e; --line: #3a4256; --deed: #8f86ff; --no: #ff8b9a; --yes: #6fd8a6; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--ground); }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
main.wide { max-width: 70rem; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.25rem; margin-bottom: 1rem; overflow-x: auto; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; } h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
p { margin: .25rem 0 .75rem; } .quiet { color: var(--quiet); font-size: .9rem; }
.error { color: var(--no); font-weight: 600; } .yes { color: var(--yes); }
label { display: block; font-weight: 600; font-size: .9rem; margin: .75rem 0 .25rem; }
input, select { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit;
  color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: .5rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button { width: 100%; min-height: 2.75rem; margin-top: 1rem; font: inherit; font-weight: 600;
  color: #fff; background: #4a3fd1; border: 0; border-radius: .5rem; cursor: pointer; }
button.plain { color: var(--ink); background: transparent; border: 1px solid var(--line); }
:focus-visible { outline: 3px solid var(--deed); outline-offset: 2px; }
summary { cursor: pointer; font-weight: 600; min-height: 2rem; } a { color: var(--deed); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } td.money { text-align: right; font-variant-numeric: tabular-nums; }
.flag { display: inline-block; font-size: .8rem; color: var(--quiet); margin-bottom: 1rem; }
"""

HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def text(value: object) -> str:
    """A value as page text."""
    return escape(str(value if value is not None else "–"))


def document(title: str, body: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{_STYLE}</style></head>"
        f'<body><main{kind}><span class="flag">Stripe (a local imitation) · test mode</span>'
        f"{body}</main></body></html>"
    )


def amount(minor: int, currency: str) -> str:
    """For reading only; the page never sends it back."""
    if currency == "jpy":
        return f"{minor} JPY"
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d} {currency.upper()}"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of already escaped cells."""
    if not rows:
        return '<p class="quiet">Nothing yet.</p>'
    top = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
