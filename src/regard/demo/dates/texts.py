"""Dates as people write them, each with the same date as ISO 8601 writes it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FIRST, LAST = date(1950, 1, 1), date(2049, 12, 31)

Writing = Callable[[date], str]
"""One way to write a date."""


def ordinal(number: int) -> str:
    """A day of the month as it is said.

    >>> ordinal(1), ordinal(12), ordinal(22)
    ('1st', '12th', '22nd')
    """
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _month(day: date) -> str:
    return MONTHS[day.month - 1]


WRITINGS: tuple[Writing, ...] = (
    lambda d: f"{_month(d)} {d.day}, {d.year}",
    lambda d: f"{_month(d)[:3]} {d.day}, {d.year}",
    lambda d: f"{_month(d)[:3]} {ordinal(d.day)} {d.year}",
    lambda d: f"{_month(d)} {ordinal(d.day)}, {d.year}",
    lambda d: f"{d.day} {_month(d)} {d.year}",
    lambda d: f"{d.day} {_month(d)[:3]} {d.year}",
    lambda d: f"{ordinal(d.day)} of {_month(d)} {d.year}",
    lambda d: f"the {ordinal(d.day)} of {_month(d)}, {d.year}",
    lambda d: f"{DAYS[d.weekday()]}, {_month(d)} {d.day}, {d.year}",
    lambda d: f"{DAYS[d.weekday()][:3]} {d.day} {_month(d)[:3]} {d.year}",
    lambda d: f"{d.month}/{d.day}/{d.year}",
    lambda d: f"{d.month:02}/{d.day:02}/{d.year}",
    lambda d: f"{d.day}.{d.month}.{d.year}",
    lambda d: f"{d.day:02}.{d.month:02}.{d.year}",
    lambda d: f"{d.year}-{d.month:02}-{d.day:02}",
    lambda d: f"{d.year}/{d.month:02}/{d.day:02}",
    lambda d: f"{d.year}, {_month(d)} {d.day}",
)
"""The ways that the training texts know. With slashes the month comes first, with dots the day, as American and German
letters have it: nothing was seen of a day before a slash."""


def pairs(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """So many dates between 1950 and 2049, each written in one way, with the date as ISO 8601 writes it.

    The first 60,000 of seed 0 are what the shipped weights were trained on.

    >>> next(pairs(1, seed=4))
    ('Sat 9 May 1992', '1992-05-09')
    """
    chance = random.Random(seed)
    span = (LAST - FIRST).days + 1
    for _ in range(count):
        day = FIRST + timedelta(days=chance.randrange(span))
        yield chance.choice(WRITINGS)(day), day.isoformat()
