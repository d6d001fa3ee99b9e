"""Methods × trained toys: precision on the causes, and on the token that is copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from benchmarks.ground_truth.methods import METHODS, Case
from benchmarks.ground_truth.tasks import LEXICON, MARK, RETRIEVE, TASKS, Task
from benchmarks.ground_truth.text import Text, precision
from benchmarks.ground_truth.toys import SEEDS, accuracy, toy

COSTLY = {"Shapley": 5}
"""Methods that are run on so many times fewer texts."""

CAPTION = """\
## Trained toys

Transformers of two layers and four heads that have learned a task by construction of which the causes are known:
`mark` (say the letter after the star: star and letter are causes), `lexicon` (weigh signed words: the four signed
words) and `retrieve` (say the value of the key asked for, of three pairs: the question, its key, its value). Mean
precision over {texts} new texts each (Shapley: {few}), one number for each model, which differ by seed; `copied`
counts the one token alone whose content reaches the output. Test accuracy on 2,000 new texts:
"""

COLUMNS: Sequence[tuple[str, Task, Callable[[Text], Sequence[int]]]] = (
    ("lexicon", LEXICON, lambda text: text.causes),
    ("mark", MARK, lambda text: text.causes),
    ("mark, copied", MARK, lambda text: text.copied),
    ("retrieve", RETRIEVE, lambda text: text.causes),
    ("retrieve, copied", RETRIEVE, lambda text: text.copied),
)


def cases(task: Task, seed: int, texts: int) -> list[Case]:
    """A trained model and texts that it was not trained on, the same for all models of a task."""
    rng = np.random.default_rng(2_000_000)
    return [Case(toy(task, seed), task.example(rng).text) for _ in range(texts)]


def section(texts: int) -> str:
    """The table."""
    learned = "; ".join(
        f"`{task.name}` " + ", ".join(f"{accuracy(toy(task, seed), task):.4f}" for seed in SEEDS[task.name])
        for task in TASKS
    )
    lines = [
        CAPTION.format(texts=texts, few=texts // COSTLY["Shapley"]) + learned + ".",
        "",
        f"| method | {' | '.join(name for name, _, _ in COLUMNS)} |",
        f"|---|{'---|' * len(COLUMNS)}",
    ]
    for method in METHODS:
        cells = (
            " ".join(f"{_precision(method, task, seed, texts, true):.2f}" for seed in SEEDS[task.name])
            for _, task, true in COLUMNS
        )
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _precision(method: str, task: Task, seed: int, texts: int, true: Callable[[Text], Sequence[int]]) -> float:
    rows = scores(method, task, seed, texts)
    return float(np.mean([precision(row, true(text), text.candidates) for row, text in rows]))


@cache
def scores(method: str, task: Task, seed: int, texts: int) -> list[tuple[np.ndarray, Text]]:
    """What a method says of each text."""
    given = cases(task, seed, texts // COSTLY.get(method, 1))
    return [(METHODS[method](case), case.text) for case in given]
