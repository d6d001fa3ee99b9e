"""Cache policies by hand, and replays against the model under the same mask."""

import numpy as np
import pytest
import torch

import regard
from regard import recipes
from regard.errors import ArgumentError
from regard.recipes import HeavyHitters, PromptVotes, Streaming, TopKeys
from regard.testing import tiny_model, tiny_tokenizer

TEXT = "The cat sat on the mat and looked at the dog. The dog was walking when the cats were sleeping."


def kept(policy, weights: np.ndarray) -> np.ndarray:
    layer = regard.from_weights(weights[None], unnormalized=True).attention().layer(0)
    return policy.kept(layer, weights)


def places(found: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in found]


def test_streaming_keeps_the_first_and_the_last() -> None:
    found = kept(Streaming(sinks=1, window=2), np.ones((1, 5, 5)))[0] & np.tri(5, dtype=bool)
    assert places(found) == [[0], [0, 1], [0, 1, 2], [0, 2, 3], [0, 3, 4]]


def test_heavy_hitters_never_come_back() -> None:
    weights = np.zeros((1, 5, 5))
    weights[0, 0, 0] = 1
    weights[0, 1, :2] = 0.9, 0.1
    weights[0, 2, :3] = 0.0, 0.5, 0.5
    weights[0, 3, :4] = 0.0, 0.0, 0.9, 0.1
    weights[0, 4, :5] = 0.0, 1.0, 0.0, 0.0, 0.0
    found = kept(HeavyHitters(heavy=1, recent=2), weights)[0]
    assert places(found) == [[0], [0, 1], [0, 1, 2], [0, 2, 3], [0, 3, 4]]


def test_prompt_votes_keep_what_the_end_of_the_prompt_looks_at() -> None:
    weights = np.tril(np.full((1, 8, 8), 0.01))
    weights[0, 4:6, 1] = 0.9
    weights[0, 6:, 3] = 0.9
    found = kept(PromptVotes(border=6, kept_keys=1, window=2, pool=1), weights)[0] & np.tri(8, dtype=bool)
    assert places(found[5:]) == [[0, 1, 2, 3, 4, 5], [1, 4, 5, 6], [1, 4, 5, 6, 7]]
    wide = kept(PromptVotes(border=6, kept_keys=3, window=2, pool=3), weights)[0]
    assert places(wide[7:]) == [[0, 1, 2, 4, 5, 6, 7]]


def test_top_keys_are_the_largest_of_each_row() -> None:
    weights = np.array([[[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.2, 0.5, 0.3]]])
    assert places(kept(TopKeys(2), weights)[0]) == [[1, 2], [0, 2], [1, 2]]


@pytest.fixture(scope="module")
def found():
    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    policies = [Streaming(2, 5), Streaming(0, 10_000), HeavyHitters(2, 4), TopKeys(3), PromptVotes(20, 4, 4)]
    return model, tokenizer, recipes.evictions(model, tokenizer, TEXT, policies, scored=slice(10, None))


def test_a_replay_is_the_model_s_own_run_under_that_mask(found) -> None:
    model, tokenizer, result = found
    ids = tokenizer(TEXT, return_tensors="pt")["input_ids"]
    count = ids.shape[1]
    place = np.arange(count)
    seen = (place[None] <= place[:, None]) & ((place[None] < 2) | (place[None] > place[:, None] - 5))

    def nll(mask: np.ndarray) -> float:
        hidden = torch.tensor(np.where(mask, 0.0, -np.inf), dtype=torch.float32)[None, None]
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=hidden).logits[0].double()
        return float(torch.nn.functional.cross_entropy(logits[9:-1], ids[0, 10:]))

    causal = np.tri(count, dtype=bool)
    assert (result.tokens, result.scored) == (count, count - 10)
    assert result.nll == pytest.approx(nll(causal), abs=1e-5)
    assert result.policies[0].loss == pytest.approx(nll(seen) - nll(causal), abs=1e-4)
    weights = np.asarray(regard.capture(model, input_ids=ids).weights)[:, :, 9:-1]
    masses = (weights * seen[9:-1]).sum(-1)
    np.testing.assert_allclose(result.policies[0].mean, masses.mean(-1), rtol=1e-5)
    np.testing.assert_allclose(result.policies[0].least, masses.min(-1), rtol=1e-5)
    np.testing.assert_allclose(result.policies[0].low, np.quantile(masses, 0.05, axis=-1), rtol=1e-5)
    assert result.policies[0].keys == pytest.approx(seen[9:-1].sum() / causal[9:-1].sum())


def test_a_policy_that_keeps_everything_changes_nothing(found) -> None:
    whole = found[2].policies[1]
    assert whole.keys == 1
    np.testing.assert_allclose(whole.least, 1, rtol=1e-5)
    assert abs(whole.loss) <= 3 * whole.noise


def test_of_the_same_number_of_keys_none_keeps_more_than_the_largest(found) -> None:
    model, tokenizer, _ = found
    both = recipes.evictions(model, tokenizer, TEXT, [TopKeys(7), Streaming(2, 5), HeavyHitters(2, 5)]).policies
    assert (both[0].mean >= both[1].mean - 1e-6).all()
    assert (both[0].mean >= both[2].mean - 1e-6).all()


def test_text_says_that_kept_mass_is_a_proxy(found) -> None:
    lines = str(found[2]).splitlines()
    assert lines[1].split() == ["policy", "keys", "min", "p5", "mean", "ΔNLL"]
    assert lines[2].startswith("Streaming(sinks=2, window=5)")
    assert "It is a proxy; ΔNLL, in nats a token, is the model's own under that mask" in lines[-1]


@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_replayed_is_said(found) -> None:
    model, tokenizer, _ = found
    for policies, scored, message in (
        ([], None, r"evictions: no policy"),
        ([Streaming(4, 0)], None, r"sinks must be 0 or more and the window 1 or more"),
        ([HeavyHitters(4, 0)], None, r"heavy must be 0 or more and recent 1 or more"),
        ([TopKeys(0)], None, r"at least one key must be kept"),
        (
            [PromptVotes(10, 20, 5)],
            None,
            r"must end within the \d+ tokens and hold more than the 20 keys",
        ),
        ([TopKeys(3)], slice(0, 4), r"scored must be a run of tokens from 1 to \d+; got slice\(0, 4, None\)"),
    ):
        with pytest.raises(ArgumentError, match=message):
            recipes.evictions(model, tokenizer, TEXT, policies, scored=scored)
