"""Which fonts text is drawn in: the first of a list that is installed, for each script."""

from __future__ import annotations

import re
import unicodedata

FAMILIES = ("Helvetica", "Arial", "Liberation Sans", "Nimbus Sans", "Noto Sans", "DejaVu Sans")
"""Families of running text; the first four have one set of widths, by which pictures are laid out."""

SCRIPTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(f"[{ranges}]"), families)
    for ranges, families in (
        (
            "\u2e80-\u30ff\u31c0-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff",
            (
                "Noto Sans CJK SC",
                "Noto Sans SC",
                "Source Han Sans SC",
                "PingFang SC",
                "Hiragino Sans GB",
                "Microsoft YaHei",
                "SimHei",
                "WenQuanYi Micro Hei",
                "WenQuanYi Zen Hei",
                "Noto Sans CJK JP",
                "Noto Sans JP",
                "Droid Sans Fallback",
            ),
        ),
        (
            "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
            ("Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK SC"),
        ),
        (
            "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
            ("Noto Sans Arabic", "Geeza Pro", "Segoe UI", "Noto Naskh Arabic", "DejaVu Sans"),
        ),
        ("\u0590-\u05ff\ufb1d-\ufb4f", ("Noto Sans Hebrew", "Arial Hebrew", "Arial", "DejaVu Sans")),
        ("\u0900-\u097f", ("Noto Sans Devanagari", "Kohinoor Devanagari", "Nirmala UI")),
        ("\u0980-\u09ff", ("Noto Sans Bengali", "Kohinoor Bangla", "Nirmala UI")),
        ("\u0b80-\u0bff", ("Noto Sans Tamil", "Tamil Sangam MN", "Nirmala UI")),
        ("\u0c00-\u0c7f", ("Noto Sans Telugu", "Kohinoor Telugu", "Nirmala UI")),
        ("\u0e00-\u0e7f", ("Noto Sans Thai", "Thonburi", "Leelawadee UI")),
        ("\u0530-\u058f", ("Noto Sans Armenian", "Mshtakan", "Segoe UI", "DejaVu Sans")),
        ("\u10a0-\u10ff", ("Noto Sans Georgian", "Helvetica Neue", "Segoe UI", "DejaVu Sans")),
        ("\u1200-\u137f", ("Noto Sans Ethiopic", "Kefa", "Ebrima")),
        (
            "\u2190-\u2bff\U0001f000-\U0001faff",
            (
                "DejaVu Sans",
                "Noto Sans Symbols2",
                "Noto Sans Symbols",
                "Noto Emoji",
                "Segoe UI Symbol",
                "Segoe UI Emoji",
            ),
        ),
    )
)
_LETTERS = re.compile("[^\\W\\d_]")


def families(text: str) -> tuple[str, ...]:
    """Families to look through for this text, the most fitting first."""
    found = [name for pattern, names in SCRIPTS if pattern.search(text) for name in names]
    return tuple(dict.fromkeys((*FAMILIES[:4], *found, *FAMILIES[4:])))


def is_right_to_left(text: str) -> bool:
    """Direction of a text alone: that of its first letter (as the page has it).

    >>> is_right_to_left("(\\u0645) a"), is_right_to_left("a \\u0645"), is_right_to_left("12")
    (True, False, False)
    """
    first = _LETTERS.search(text)
    return first is not None and unicodedata.bidirectional(first[0]) in ("R", "AL")
