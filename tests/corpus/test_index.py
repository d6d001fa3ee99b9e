"""What is kept of each text: every position's state as the model itself returns it, once, however it came there."""

import numpy as np
import pytest
import torch

import regard
from corpus.conftest import PAIRS, TEXTS
from regard.corpus import approximate
from regard.corpus.indexing import Added
from regard.testing import tiny_model, tiny_tokenizer


def test_states_are_the_model_s_own(bart):
    model, tokenizer = bart
    source, target = PAIRS[1]
    found = regard.corpus.states(model, tokenizer, source, target, streams=("encoder", "decoder", "context"))
    ids = torch.tensor([tokenizer(source)["input_ids"]])
    written = torch.tensor([[model.config.decoder_start_token_id, *tokenizer(target)["input_ids"][:-1]]])
    seen = []
    hooks = [
        layer.encoder_attn.register_forward_hook(lambda _m, _i, output: seen.append(output[0][0]))
        for layer in model.model.decoder.layers
    ]
    with torch.no_grad():
        output = model(input_ids=ids, decoder_input_ids=written, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    expected = {
        "encoder": torch.cat(output.encoder_hidden_states),
        "decoder": torch.cat(output.decoder_hidden_states),
        "context": torch.stack(seen),
    }
    for stream, states in expected.items():
        np.testing.assert_array_equal(found.arrays[stream], states.numpy())
    assert found.layers == {"encoder": (0, 1, 2), "decoder": (0, 1, 2, 3), "context": (1, 2, 3)}
    assert found.tokens["decoder"].ids.tolist() == written[0].tolist()


def test_ids_are_read_as_they_are(bart, bert):
    model, tokenizer = bart
    by_text = regard.corpus.states(model, tokenizer, *PAIRS[0])
    read, written = (by_text.tokens[stream].ids.tolist() for stream in ("encoder", "decoder"))
    for source, target in [(read, written), (PAIRS[0][0], written), (read, PAIRS[0][1])]:
        by_ids = regard.corpus.states(model, tokenizer, source, target)
        for stream in ("encoder", "decoder"):
            np.testing.assert_array_equal(by_ids.arrays[stream], by_text.arrays[stream])
        assert not by_ids.generated
        assert by_ids.target == by_text.target
    short = regard.corpus.states(model, tokenizer, read, written[:4])
    np.testing.assert_allclose(short.of("decoder", 3), by_text.of("decoder", 3)[:4], atol=1e-5)
    one = regard.corpus.states(*bert, TEXTS[0])
    again = regard.corpus.states(*bert, one.tokens["encoder"].ids)
    np.testing.assert_array_equal(again.arrays["encoder"], one.arrays["encoder"])


@pytest.mark.parametrize(("stream", "layer"), [("encoder", 0), ("encoder", 2), ("decoder", 1), ("context", 3)])
def test_every_position_of_every_text_is_there(pairs, bart, stream, layer):
    """Texts ran in padded batches of unequal length; each state is its own nearest, alone in its place."""
    for number, (source, target) in enumerate(PAIRS):
        states = pairs.states(*bart, source, target)
        for position, near in enumerate(pairs.neighbours(states, 3, stream=stream, layer=layer)):
            ties = [one for one in near if one.distance < 1e-5]
            assert (number, position) in [(one.text.number, one.position) for one in ties]
            assert all(one.token == ties[0].token for one in ties)
            assert ties[0].tokens == pairs.texts[ties[0].text.number].labels[stream]
    count = {"encoder": 0, "decoder": 0, "context": 0}
    for text in pairs.texts:
        for name in count:
            count[name] += len(text.labels[name])
    assert {name: pairs.counts[name, 2] for name in count} == count
    assert len(pairs) == sum(pairs.counts.values())


@pytest.mark.parametrize(
    ("family", "kind", "stream"),
    [("bert", "wordpiece", "encoder"), ("llama", "byte_level", "decoder"), ("t5", "unigram", "decoder")],
)
def test_models_of_every_shape(family, kind, stream, tmp_path):
    model, tokenizer = tiny_model(family), tiny_tokenizer(kind)
    pairs = PAIRS if family == "t5" else TEXTS
    corpus = regard.corpus.index(model, tokenizer, pairs, tmp_path / "c", batch=3)
    assert corpus.space()[0] == stream
    states = corpus.states(model, tokenizer, TEXTS[2], PAIRS[2][1] if family == "t5" else None)
    near = corpus.neighbours(states, 1)
    assert [one[0].position for one in near] == list(range(len(near)))
    assert all(one[0].text.number == 2 and one[0].distance < 1e-5 for one in near)
    assert near[0][0].next == near[1][0].token
    assert near[-1][0].next is None


def test_the_model_writes_targets_that_are_not_given(bart, tmp_path):
    model, tokenizer = tiny_model("bart", max_position_embeddings=24), bart[1]
    corpus = regard.corpus.index(model, tokenizer, TEXTS[:2], tmp_path / "c", layers=[-1])
    text = corpus.texts[1]
    assert text.generated
    assert text.cut
    assert corpus.added.generated == corpus.added.cut == 2
    assert "2 with a target that the model wrote, 2 with a target cut before its end" in str(corpus.added)
    with pytest.warns(UserWarning, match="did not end its answer"):
        record = regard.capture(model, tokenizer, TEXTS[1])
    assert text.ids["decoder"] == tuple(record.streams["decoder"].ids.tolist())
    assert text.target == tokenizer.decode(text.ids["decoder"], skip_special_tokens=True)


def test_more_texts_are_added_and_those_there_passed_over(made):
    first = made(TEXTS[:2])
    again = made([TEXTS[1], TEXTS[2], TEXTS[2], TEXTS[0]])
    assert again.added == Added(texts=1, states=again.added.states, there=3)
    assert len(first.texts) == 2  # an open corpus stays as it was
    assert [text.source for text in again.texts] == TEXTS[:3]
    assert len(again) == len(first) + again.added.states
    assert [text.source for text in again.texts[1:]] == TEXTS[1:3]
    assert again.texts[-1].source == TEXTS[2]


def test_one_text_with_two_targets_is_two_texts(bart, tmp_path):
    corpus = regard.corpus.index(*bart, TEXTS[:1] * 2, tmp_path / "c", targets=["one two", "three"], layers=None)
    assert [text.target for text in corpus.texts] == ["one two", "three"]


def test_texts_that_cannot_be_used_are_counted(made):
    corpus = made(["", "The cat.", "cat " * 300, "\ud800 half"])
    assert corpus.added == Added(texts=1, states=len(corpus), empty=1, long=1, unreadable=1)
    assert str(corpus.added).endswith("1 empty, 1 too long for the model, 1 unreadable")


def test_hostile_text_comes_back_as_it_was(made):
    hostile = ["</script><img src=x onerror=alert(1)>", "\u202egpj.exe", "a\x00b", "'; DROP TABLE texts; --", "🙂" * 3]
    corpus = made(hostile)
    assert [text.source for text in corpus.texts] == hostile
    assert "\u202e" not in "".join(corpus.texts[1].labels["encoder"])


def test_states_without_a_direction_or_not_finite_are_left_out(bert, tmp_path):
    model, tokenizer = tiny_model("bert"), bert[1]
    id_cat, id_dog = tokenizer.convert_tokens_to_ids(["cat", "dog"])
    with torch.no_grad():
        for table in (model.embeddings.position_embeddings, model.embeddings.token_type_embeddings):
            table.weight.zero_()
        model.embeddings.LayerNorm = torch.nn.Identity().eval()
        model.embeddings.word_embeddings.weight[id_cat] = 0
        model.embeddings.word_embeddings.weight[id_dog] = float("nan")
    corpus = regard.corpus.index(model, tokenizer, ["the cat and the dog"], tmp_path / "c", layers=0)
    assert corpus.added.left_out == 2
    labels = corpus.texts[0].labels["encoder"]
    assert len(corpus) == len(labels) - 2
    near = corpus.nearest(np.ones(32), 10)
    assert {labels[one.position] for one in near} == {"[CLS]", "the", "and", "[SEP]"}


def test_float16_halves_the_numbers_and_says_what_it_has(bert, tmp_path):
    corpus = regard.corpus.index(*bert, TEXTS, tmp_path / "c", dtype="float16")
    states = corpus.states(*bert, TEXTS[0])
    near = corpus.nearest(states.of("encoder", 3)[2], 1)[0]
    assert near.vector.dtype == np.float16
    assert near.distance < 1e-6


def test_progress_is_told_and_can_stop(bert, tmp_path, monkeypatch):
    monkeypatch.setattr("regard.corpus.indexing._CHUNK_BYTES", 1)
    told = []

    def stop(done, total):
        told.append((done, total))
        return done < 2

    corpus = regard.corpus.index(*bert, TEXTS, tmp_path / "c", progress=stop)
    assert told == [(1, 4), (2, 4)]
    assert len(corpus.texts) == 2
    whole = regard.corpus.index(*bert, iter(TEXTS), tmp_path / "c", progress=lambda *seen: told.append(seen))
    assert told[2:] == [(3, None), (4, None)]
    assert len(whole.texts) == 4


def test_progress_is_told_batch_by_batch_and_ends_after_what_is_kept_at_once(bert, tmp_path):
    told: list[tuple[int, int | None]] = []

    def stop(done: int, total: int | None) -> bool:
        told.append((done, total))
        return done != 2

    corpus = regard.corpus.index(*bert, TEXTS, tmp_path / "c", batch=2, progress=stop)
    assert told == [(2, 4), (4, 4)]
    assert len(corpus.texts) == 4
    again = regard.corpus.index(*bert, [*TEXTS, "the mat"], tmp_path / "c", batch=2, progress=stop)
    assert told[2:] == [(5, 5)]
    assert again.added.there == 4


def test_many_small_additions_are_merged(made, monkeypatch):
    monkeypatch.setattr("regard.corpus.store._FRAGMENTS", 2)
    for text in TEXTS:
        corpus = made([text])
    assert corpus._store.texts.stats()["fragment_stats"]["num_fragments"] < 4
    assert [text.source for text in corpus.texts] == TEXTS


@pytest.mark.parametrize(("metric", "dtype"), [("cosine", "float32"), ("l2", "float16")])
def test_an_index_is_built_checked_and_grows(bert, tmp_path, monkeypatch, metric, dtype):
    monkeypatch.setattr(approximate, "FROM", 50)
    words = ["the", "cat", "sat", "on", "a", "mat", "dog", "was", "it", "one", "two"]
    lines = [f"{a} {b} {c}" for a in words for b in words for c in words[:3]]
    corpus = regard.corpus.index(*bert, lines[:120], tmp_path / "c", metric=metric, dtype=dtype)
    check = corpus.checks["encoder", 3]
    assert check.states == len(corpus) == 600
    assert check.recall >= 0.99 or check.probes * 4 >= 24
    assert f"{check.recall:.1%} of neighbours found" in repr(corpus)
    more = regard.corpus.index(*bert, lines, tmp_path / "c")
    assert more.checks["encoder", 3].states == len(more) == 5 * len(lines)
    states = more.states(*bert, lines[-1])
    near = more.neighbours(states, 5)[2]
    assert near[0].source == lines[-1]
    assert near.approximate
    assert near.note.startswith("approximate: an index of")


def test_a_corpus_can_be_moved(made, tmp_path):
    corpus = made()
    moved = regard.corpus.open(corpus.path.rename(tmp_path / "elsewhere"))
    assert len(moved) == len(corpus)
    assert moved.nearest(np.ones(32), 3)[0].source in TEXTS
