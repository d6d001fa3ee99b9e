"""Fixed sentences in two languages: numbers are written once, and put into the template of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.experiment.reliability.wording import chinese, english

LANGUAGES = {"en": english, "zh": chinese}
Sentence = dict[str, str]
MISSING = {"en": "not measured", "zh": "未测"}


def say(table: str, key: str | None = None, **numbers: Any) -> Sentence:
    """The sentence of a table under a key, with numbers (strings, or sentences themselves) put in, by language.

    >>> say("WHY", "asked")["en"]
    'as asked'
    """
    return {name: _template(language, table, key).format(**_in(name, numbers)) for name, language in LANGUAGES.items()}


def joined(sentences: list[Sentence]) -> Sentence:
    """Several as a list, with the language's own mark between them."""
    return {name: _template(LANGUAGES[name], "PIECES", "and").join(s[name] for s in sentences) for name in LANGUAGES}


def same(text: str) -> Sentence:
    """Words that are the same in every language, such as an error's."""
    return dict.fromkeys(LANGUAGES, text)


def number(value: float | None, *, signed: bool = True) -> Sentence:
    """A number with three digits; one that is not there reads "not measured".

    >>> number(-1.23456)["en"], number(0.5, signed=False)["en"], number(None)["en"]
    ('−1.23', '0.5', 'not measured')
    """
    if value is None:
        return dict(MISSING)
    shown = f"{abs(value):.3g}"
    sign = "" if not signed or float(shown) == 0 else ("−" if value < 0 else "+")
    return same(sign + shown)


def percent(value: float | None) -> Sentence:
    """A share in percent.

    >>> percent(0.482)["en"]
    '48 %'
    """
    if value is None:
        return dict(MISSING)
    size = 100 * abs(value)
    shown = f"{size:.0f}" if size >= 1 else (f"{size:.2g}" if size >= 0.01 or size == 0 else "< 0.01")
    return same(f"{'−' if value < 0 and size >= 0.01 else ''}{shown} %")


def _template(language: Any, table: str, key: str | None) -> str:
    found: str | Mapping[str, str] = getattr(language, table)
    return found if isinstance(found, str) else found[key or ""]


def _in(language: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[language] if isinstance(value, dict) else value for name, value in numbers.items()}
