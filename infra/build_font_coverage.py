"""Writes which characters each bundled font can draw, so that a document never asks for another.

In PDF/A and PDF/UA a glyph that no font has is a compile error: one emoji in a customer's name
would cost the business its invoice. Run it after a change of the fonts:

    python infra/build_font_coverage.py
"""

from __future__ import annotations

import json
from pathlib import Path

from fontTools.ttLib import TTFont

DOCUMENTS = Path(__file__).parent.parent / "chalicelib" / "adapters" / "documents"


def covered(font_path: Path) -> list[int]:
    """Code points that the font maps to a real glyph, in order."""
    cmap: dict[int, str] = TTFont(font_path, lazy=True).getBestCmap()
    return sorted(code for code, glyph in cmap.items() if glyph != ".notdef")


def as_ranges(codes: list[int]) -> str:
    """`[32, 33, 34, 160]` as `20-22 a0`."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return " ".join(f"{low:x}-{high:x}" if low != high else f"{low:x}" for low, high in ranges)


def build(fonts: Path) -> dict[str, str]:
    """Each font family's coverage. Inter's three weights count as one: what all of them have."""
    coverage: dict[str, set[int]] = {}
    for path in sorted(fonts.glob("*.[ot]tf")):
        family = path.stem.split("-")[0]
        codes = set(covered(path))
        coverage[family] = coverage.get(family, codes) & codes
    return {family: as_ranges(sorted(codes)) for family, codes in coverage.items()}


def main() -> None:
    text = json.dumps(build(DOCUMENTS / "fonts"), indent=0)
    (DOCUMENTS / "coverage.json").write_text(text + "\n")
    print(f"coverage.json: {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
