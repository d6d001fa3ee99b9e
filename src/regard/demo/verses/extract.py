"""Makes the texts of the verse translator out of two packages of Debian: ``python -m regard.demo.verses.extract``.

It wants the commands ``bible`` (packages bible-kjv and bible-kjv-text) and ``diatheke`` (diatheke and sword-text-web).
"""

from __future__ import annotations

import lzma
import re
import subprocess

from regard.demo.verses.texts import FILE

BOOKS = [
    *("Genesis", "Exodus", "Leviticus", "Numbers", "Deuteronomy", "Joshua", "Judges", "Ruth", "I Samuel", "II Samuel"),
    *("I Kings", "II Kings", "I Chronicles", "II Chronicles", "Ezra", "Nehemiah", "Esther", "Job", "Psalms"),
    *("Proverbs", "Ecclesiastes", "Song of Solomon", "Isaiah", "Jeremiah", "Lamentations", "Ezekiel", "Daniel"),
    *("Hosea", "Joel", "Amos", "Obadiah", "Jonah", "Micah", "Nahum", "Habakkuk", "Zephaniah", "Haggai", "Zechariah"),
    *("Malachi", "Matthew", "Mark", "Luke", "John", "Acts", "Romans", "I Corinthians", "II Corinthians", "Galatians"),
    *("Ephesians", "Philippians", "Colossians", "I Thessalonians", "II Thessalonians", "I Timothy", "II Timothy"),
    *("Titus", "Philemon", "Hebrews", "James", "I Peter", "II Peter", "I John", "II John", "III John", "Jude"),
    "Revelation of John",
]
Place = tuple[int, int, int]
"""Book, chapter, verse."""

_STRAY = ("A praise psalm by David.", "This Psalm is a genuine one of David, though extra, composed when he fought in")
"""Beginnings of titles of psalms that stand in verses."""


def old() -> dict[Place, str]:
    """The verses of the King James Version (1611, its spelling of 1769)."""
    verses: dict[Place, str] = {}
    books: list[str] = []
    for line in _run("bible", "-f", "gen1:1-rev22:21").splitlines():
        if found := re.match(r"^(\S+?)(\d+):(\d+) (.*)$", line):
            book, chapter, verse, text = found.groups()
            if book not in books:
                books.append(book)
            verses[books.index(book), int(chapter), int(verse)] = _plain(text)
    return verses


def modern() -> dict[Place, str]:
    """The verses of the World English Bible (the edition with British spelling), without its quotation marks."""
    text = _run("diatheke", "-b", "engWEB2015eb", "-f", "OSIS", "-k", "Gen 1:1-Rev 22:21")
    names = "|".join(sorted(map(re.escape, BOOKS), key=len, reverse=True))
    marks = list(re.finditer(rf"(?:^|(?<=\s)|(?<=>))({names}) (\d+):(\d+): ", text))
    verses: dict[Place, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        said = _verse(text[mark.end() : following.start() if following else None])
        if said:
            verses[BOOKS.index(mark[1]), int(mark[2]), int(mark[3])] = said
    return verses


def _verse(markup: str) -> str:
    """What one verse says, of the lines of OSIS that hold it and, at times, the title of the next."""
    lines = markup.split("\n")
    if len(lines) > 1 and "<w>" not in lines[-1]:
        lines.pop()
    text = re.sub(r"<title.*?</title>", " ", "\n".join(lines), flags=re.S).replace("</w><w>", "</w> <w>")
    breaks = r"<[^>]+>" if "<w>" not in text else r"<(?:l|lg|milestone|lb|chapter|div)\b[^>]*>"
    text = _plain(re.sub(r"<[^>]+>", "", re.sub(breaks, " ", text)))
    text = re.sub("[“”‘]", "", text)
    text = re.sub(r"(?<=[^\w\s])[’](?!\w)", "", text).replace("’", "'").replace("—", " - ")
    text = _plain(re.sub(r"\s+([,.;:?!])", r"\1", text))
    return re.sub("|".join(re.escape(title) + r"[^.]*\.?" for title in _STRAY), "", text).strip()


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Write the verses that both have, in order, each with its place."""
    said, says = old(), modern()
    odd = re.compile(r"[^A-Za-z0-9 ,.;:?!'()\-]")
    rows = [
        f"{BOOKS[place[0]]} {place[1]}:{place[2]}\t{said[place]}\t{says[place]}"
        for place in sorted(said.keys() & says.keys())
        if not odd.search(said[place] + says[place])
    ]
    FILE.write_bytes(lzma.compress("\n".join(rows).encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(rows)} verses, {FILE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
