import numpy as np
import pytest

import regard
from regard.errors import ArgumentError, FileFormatError
from regard.record import Choices, Generation, Record, Tokens, container, from_weights
from regard.serve.text import text


def choices(steps: int, k: int = 2) -> Choices:
    pieces = tuple(f" {step}{place}" for step in range(steps) for place in range(k))
    tokens = Tokens(pieces, ids=np.arange(steps * k))
    log_probs = np.log(np.tile(np.linspace(0.6, 0.2, k), (steps, 1))).astype(np.float32)
    return Choices(tokens, log_probs, log_probs[:, 0])


def record(**changes) -> Record:
    """Three tokens of prompt and an answer of three, of which two were read."""
    read = from_weights(np.full((1, 1, 5, 5), 0.2), tokens=["a", "b", "c", " x", " y"])
    answer = Tokens((" x", " y", "</script>"), ids=np.array([7, 8, 9]), special=(False, False, True))
    stream = next(iter(read.streams))
    settings = {"stream": stream, "border": 3, "answer": answer, "choices": choices(3), **changes}
    return Record(read.streams, read.attentions, read.model, Generation(**settings))


def test_each_step_has_the_query_that_chose_it():
    generation = record().generation
    assert [generation.query(step) for step in range(3)] == [2, 3, 4]
    assert generation.query(-1) == 4
    with pytest.raises(ArgumentError, match="no step 3; there are: 0, 1, 2"):
        generation.query(3)


def test_alternatives_of_a_step():
    first, second = record().generation.choices.at(1)
    assert (first.piece, first.label, first.id) == (" 10", "10", 2)
    assert np.exp([first.log_prob, second.log_prob]) == pytest.approx([0.6, 0.2])
    with pytest.raises(ArgumentError, match="no step 5; there are"):
        record().generation.choices.at(5)


def test_tokens_that_could_not_be_chosen_are_left_out():
    found = choices(1, 3)
    found.log_probs[0, 1:] = -np.inf
    assert [one.id for one in found.at(0)] == [0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"border": 2}, "a prompt of 2 tokens and an answer of 3 mean 4 tokens read; the .* has 5"),
        ({"border": 0, "choices": choices(3)}, "a prompt of 0 tokens"),
        ({"stream": "nowhere"}, "no token stream 'nowhere'; there are"),
        ({"choices": choices(2)}, "3 tokens were chosen in 2 steps"),
        ({"processed": choices(4)}, "3 tokens were chosen in 4 steps"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ArgumentError, match=message):
        record(**changes)


def test_choices_must_agree_in_number():
    with pytest.raises(ArgumentError, match=r"2 steps of 2 log-probabilities need 4 tokens with ids .* got 3 tokens"):
        Choices(Tokens(("a", "b", "c"), ids=np.arange(3)), np.zeros((2, 2)), np.zeros(2))
    with pytest.raises(ArgumentError, match=r"got 4 tokens without ids"):
        Choices(Tokens(("a", "b", "c", "d")), np.zeros((2, 2)), np.zeros(2))


@pytest.mark.parametrize("changes", [{}, {"processed": choices(3, 4), "score": -1.5, "rerun": True}])
def test_what_is_opened_equals_what_was_saved(changes, tmp_path):
    saved = record(**changes).generation
    found = regard.open(record(**changes).save(tmp_path / "x.regard"), verify=True).generation
    assert (found.stream, found.border, found.score, found.rerun) == (
        saved.stream, saved.border, saved.score, saved.rerun,
    )  # fmt: skip
    assert found.answer.pieces == saved.answer.pieces
    assert found.answer.special == saved.answer.special
    np.testing.assert_array_equal(found.answer.ids, saved.answer.ids)
    assert (found.processed is None) == (saved.processed is None)
    for mine, theirs in ((found.choices, saved.choices), (found.processed, saved.processed)):
        if theirs is not None:
            assert [mine.at(step) for step in range(3)] == [theirs.at(step) for step in range(3)]
            np.testing.assert_array_equal(mine.chosen, theirs.chosen)


def test_a_record_without_an_answer_has_none(tmp_path):
    plain = from_weights(np.full((1, 1, 2, 2), 0.5))
    assert plain.generation is None
    assert regard.open(plain.save(tmp_path / "x.regard")).generation is None


@pytest.mark.parametrize("change", [{"border": 4}, {"answer": None}, {"choices": None}, {"stream": 3}])
def test_a_damaged_answer_is_a_damaged_file(change, tmp_path):
    header, arrays = container.read(record().save(tmp_path / "x.regard"))
    with container.writing(tmp_path / "broken.regard") as writer:
        for name, array in arrays.items():
            writer.add(name, array.dtype.name, array.shape, [np.asarray(array)])
        rest = {name: value for name, value in header.items() if name not in ("version", "arrays")}
        writer.finish({**rest, "generation": {**header["generation"], **change}})
    with pytest.raises(FileFormatError):
        regard.open(tmp_path / "broken.regard")


def test_the_text_form_says_where_the_answer_begins():
    assert "  prompt: 3 tokens; answer: 3: x y </script>" in text(record())
