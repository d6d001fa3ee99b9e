"""Models that write attention out in their own code are edited as those that call transformers' functions."""

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor, nn

import regard
from experiment.conftest import ids_of
from models.build import Built, build
from regard import experiment
from regard.capture.calls import Call
from regard.capture.registry import answering
from regard.capture.values import output_of
from regard.errors import NoAttentionError
from regard.experiment import Ablate, Edit, KnockOut, ReplaceRows

TYPES = (
    "bloom",  # baddbmm and bmm, heads on the batch axis
    "canine",  # several lengths
    "deberta-v2",  # bmm, views back and forth
    "flaubert",
    "gpt_neo",  # alternating windows
    "mpnet",
    "mvp",  # an encoder-decoder
    "openai-gpt",
    "squeezebert",
)
HEAD = 1


def total(output):
    """One number per text that every number of the last states takes part in."""
    states = output.last_hidden_state.double().flatten(1)
    return states @ torch.randn(states.shape[1], dtype=torch.double, generator=torch.Generator().manual_seed(0))


def asked(model_type: str):
    built = build(model_type)
    question = experiment.ask(built.model, effect=total, **built.inputs)
    return built, question, question.passes.layout.sites[-1]


def by_hand(built: Built, path: str, change, monkeypatch) -> float:
    """What a run gives in which the scores of the softmax in this module are ``change``-d, or its weights."""
    module, inside, softmax = built.model.get_submodule(path), [], torch.softmax

    def changed(scores, *args, **kwargs):
        kwargs.pop("_stacklevel", None)
        if not inside:
            return softmax(scores, *args, **kwargs)
        lead = scores.shape[:-2]
        four = scores.clone().reshape(1, -1, *scores.shape[-2:])
        return (
            change(four, lambda x: softmax(x, -1))
            .view(*lead, *scores.shape[-2:])
            .to(kwargs.get("dtype") or scores.dtype)
        )

    with (
        module.register_forward_pre_hook(lambda *_: inside.append(1)),
        module.register_forward_hook(lambda *_: inside.clear()),
        monkeypatch.context() as patched,
    ):
        for home in (torch, torch.nn.functional, Tensor):
            patched.setattr(home, "softmax", changed)
        return float(total(built.run()))


def without_head(built: Built, path: str, heads: int, by: str) -> float:
    """What a run gives in which a head's part of the output projection's input is zero, or its mean."""
    none = torch.zeros(1, 1, 1, 1)
    projection = output_of(built.model, Call(path, built.model.get_submodule(path), "", none, none, None, {}))

    def before(_module, args):
        states = args[0].clone()
        width = states.shape[-1] // heads
        part = states[..., HEAD * width : (HEAD + 1) * width]
        part.copy_(torch.zeros_like(part) if by == "zero" else part.mean(-2, keepdim=True).expand_as(part))
        return (states, *args[1:])

    with projection.register_forward_pre_hook(before):
        return float(total(built.run()))


@pytest.mark.parametrize("model_type", TYPES)
def test_an_edit_is_what_the_same_change_by_hand_is(model_type, monkeypatch):
    built, question, site = asked(model_type)
    place = {"layer": site.layer, "head": HEAD, "kind": site.kind}
    query, key = site.queries - 1, site.keys - 2

    def hidden(scores, softmax):
        scores[:, HEAD, query, key] = -torch.inf
        return softmax(scores)

    def unread(scores, softmax):
        weights = softmax(scores)
        weights[:, HEAD, query, key] = 0
        return weights

    def even(scores, softmax):
        weights = softmax(scores)
        seen = (weights[:, HEAD] > 0).to(weights.dtype)
        weights[:, HEAD] = seen / seen.sum(-1, keepdim=True)
        return weights

    projected = model_type != "squeezebert"  # its output is a convolution
    cases = [
        (KnockOut(**place, query=query, key=key), by_hand(built, site.path, hidden, monkeypatch)),
        (KnockOut(**place, query=query, key=key, how="value"), by_hand(built, site.path, unread, monkeypatch)),
        (ReplaceRows(**place), by_hand(built, site.path, even, monkeypatch)),
    ]
    if projected:
        zero, mean = (without_head(built, site.path, site.heads, by) for by in ("zero", "mean"))
        cases += [(Ablate(**place), zero), (KnockOut(**place, how="value"), zero), (Ablate(**place, by="mean"), mean)]
    edits, wholes = zip(*cases, strict=True)
    found = experiment.run(question, edits).values
    expected = np.array(wholes) - float(question.passes.whole[0])
    assert np.abs(expected).min() > 1e-3
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("model_type", TYPES)
def test_a_head_s_own_outputs_change_nothing_and_others_do(model_type):
    built, question, site = asked(model_type)
    place = {"layer": site.layer, "kind": site.kind}
    own = experiment.head_outputs(built.model, **built.inputs)
    other = {**built.inputs, "input_ids": built.inputs["input_ids"].flip(1)}
    found = experiment.run(
        question,
        [Edit(**place), Ablate(**place, by=own), Ablate(**place, by=experiment.head_outputs(built.model, **other))],
    ).values
    assert np.abs(found[:2]).max() < 1e-4
    assert abs(found[2]) > 1e-2


@pytest.mark.filterwarnings("ignore:encoder attention is over sequences of several lengths")
@pytest.mark.parametrize("model_type", TYPES)
def test_layers_are_numbered_as_in_the_record_and_nothing_else_changes(model_type):
    built, _, site = asked(model_type)
    plain = total(built.run())
    record = regard.capture(built.model, **built.inputs)
    edit = KnockOut(layer=site.layer, head=HEAD, query=-1, key=-2, kind=site.kind)
    with experiment.editing(built.model, edit):
        again = regard.capture(built.model, **built.inputs)
        changed = total(built.run())
    rows = (site.layer, slice(None), slice(None), slice(None))
    before, after = (one.attentions[site.kind].weights[rows] for one in (record, again))
    assert np.abs(before - after).max() < 1e-5  # a record holds attention as it arrives
    assert float((changed - plain).abs()) > 1e-3
    assert torch.equal(total(built.run()), plain)
    with answering(built.model, lambda _call, run: run()):
        assert torch.equal(total(built.run()), plain)


def small(name: str):
    settings = {
        "GPTNeo": {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]]},
        "Bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
        "Falcon": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
    }[name]
    config = getattr(transformers, f"{name}Config")(
        vocab_size=500, initializer_range=0.3, bos_token_id=1, eos_token_id=2, **settings
    )
    torch.manual_seed(0)
    return getattr(transformers, f"{name}ForCausalLM")(config).eval()


@pytest.mark.parametrize("name", ["GPTNeo", "Bloom", "Falcon"])
def test_a_language_model_is_not_run_again_where_nothing_changes(name, ids):
    model = small(name)
    question = experiment.ask(model, input_ids=ids)
    variants = [
        KnockOut(layer=1, head=2, query=-1, key=6),
        KnockOut(query=-1, key=7, how="value"),
        Ablate(layer=1, head=[0, 3], query=-1),
        ReplaceRows(layer=1, query=-1, weights="permuted"),
    ]
    found = experiment.run(question, variants)
    assert question.passes.reused == ("layers", "tokens")
    for variant, value in zip(variants, found.values, strict=True):
        with experiment.editing(model, variant), torch.no_grad():
            after = model(input_ids=ids).logits[0, -1].log_softmax(-1)[question.baseline.target]
        assert abs(value) > 2e-4
        assert value == pytest.approx(float(after) - question.baseline.log_p, abs=2e-5)
    assert experiment.scan_heads(question).measurable.all()


def test_an_eager_falcon_and_one_on_torch_s_kernel_are_edited_alike(ids):
    model = small("Falcon")
    edits = [KnockOut(layer=1, head=2, query=-1, key=6), Ablate(layer=0, head=1, by="mean"), ReplaceRows(layer=0)]
    fast = experiment.run(experiment.ask(model, input_ids=ids), edits).values
    model.set_attn_implementation("eager")
    assert experiment.run(experiment.ask(model, input_ids=ids), edits).values == pytest.approx(fast, abs=2e-5)


class Own(nn.Module):
    """Attention written out, whose product with values is ``way``."""

    num_heads = 4

    def __init__(self, way):
        super().__init__()
        torch.manual_seed(0)
        self.way, self.take = way, nn.Linear(16, 48)

    def forward(self, hidden_states):
        q, k, v = (x.unflatten(-1, (4, 4)).transpose(1, 2) for x in self.take(hidden_states).chunk(3, dim=-1))
        weights = torch.softmax(q @ k.mT, dim=-1)
        given = self.way(weights, v).transpose(1, 2).flatten(2)
        return type("Output", (), {"last_hidden_state": given})


WAYS = {
    "matmul": lambda w, v: w @ v,
    "bmm": lambda w, v: torch.bmm(w.flatten(0, 1), v.flatten(0, 1)).view(v.shape),
    "einsum": lambda w, v: torch.einsum("bhij,bhjd->bhid", w, v),
    "einsum in another order": lambda w, v: torch.einsum("bnij,jbnd->ibnd", w, v.permute(2, 0, 1, 3)).permute(
        1, 2, 0, 3
    ),
    "einsum with dots": lambda w, v: torch.einsum("...ij, ...jd -> ...id", w, v),
    "after dropout and a head mask": lambda w, v: (
        nn.functional.dropout(w, 0.5, training=False) * torch.ones(4, 1, 1) @ v
    ),
}
STATES = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("way", WAYS)
def test_outputs_are_found_however_they_are_summed(way):
    model = Own(WAYS[way]).eval()
    question = experiment.ask(model, hidden_states=STATES, effect=lambda out: out.last_hidden_state[:, 2, 5].double())
    before = model(STATES).last_hidden_state.detach()
    found = experiment.run(question, [Ablate(head=1, by="mean"), Ablate(head=1), Ablate(head=2, by="mean")]).values
    assert found[0] == pytest.approx(float(before[0, :, 5].mean() - before[0, 2, 5]), abs=1e-6)
    assert found[1] == pytest.approx(-float(before[0, 2, 5]), abs=1e-6)
    assert found[2] == 0


def in_columns(weights, values):
    return (values.mT @ weights.mT).mT


def twice(weights, values):
    return weights @ values + weights @ values.flip(-1)


@pytest.mark.parametrize(
    ("way", "message"),
    [
        (in_columns, r"multiplies its weights with values in a way that cannot be followed.*Ablate\(by='zero'\)"),
        (twice, r"multiplies its weights more than once.*Ablate\(by='zero'\)"),
    ],
)
def test_outputs_that_cannot_be_told_are_said_and_zeros_work(way, message):
    model = Own(way).eval()
    question = experiment.ask(model, hidden_states=STATES, effect=lambda out: out.last_hidden_state[:, 2, 5].double())
    with pytest.raises(NoAttentionError, match=message):
        experiment.run(question, Ablate(head=1, by="mean"))
    with pytest.raises(NoAttentionError, match=message):
        experiment.head_outputs(model, hidden_states=STATES)
    assert experiment.run(question, Ablate(head=1)).values[0] == pytest.approx(
        -float(model(STATES).last_hidden_state[0, 2, 5].detach()), abs=1e-6
    )


def test_outputs_of_the_other_layers_are_kept():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([Own(WAYS["matmul"]), Own(in_columns)])

        def forward(self, hidden_states):
            return self.layers[1](self.layers[0](hidden_states).last_hidden_state)

    model = Two().eval()
    question = experiment.ask(model, hidden_states=STATES, effect=lambda out: out.last_hidden_state[:, 2, 5].double())
    own = experiment.head_outputs(model, hidden_states=STATES)
    other = experiment.head_outputs(model, hidden_states=STATES.flip(1))
    found = experiment.run(question, [Ablate(layer=0, by=own), Ablate(layer=0, by=other)]).values
    assert abs(found[0]) < 1e-6 < 1e-4 < abs(found[1])
    with pytest.raises(NoAttentionError, match=r"layers.1 multiplies its weights .* cannot be followed"):
        experiment.run(question, Ablate(layer=1, by=own))


def test_a_model_that_fails_without_its_first_layers_is_run_whole():
    class Filling(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([Own(WAYS["matmul"]), Own(WAYS["matmul"])])

        def forward(self, hidden_states):
            self.layers[0].filled = None
            first = self.layers[0](hidden_states).last_hidden_state
            return self.layers[1](first + self.layers[0].filled.sum() * 0)

    class First(Own):
        def forward(self, hidden_states):
            self.filled = hidden_states
            return super().forward(hidden_states)

    model = Filling()
    model.layers[0] = First(WAYS["matmul"])
    question = experiment.ask(
        model.eval(), hidden_states=STATES, effect=lambda out: out.last_hidden_state[:, 2, 5].double()
    )
    assert abs(experiment.run(question, Ablate(layer=1, head=1)).values[0]) > 1e-4
    assert question.passes.reused == ()


def test_attention_that_is_not_met_again_is_said():
    class Moody(Own):
        runs = 0

        def forward(self, hidden_states):
            self.runs += 1
            if self.runs == 1:
                return super().forward(hidden_states)
            return type("Output", (), {"last_hidden_state": self.take(hidden_states)[..., :16]})

    question = experiment.ask(
        Moody(WAYS["matmul"]).eval(), hidden_states=STATES, effect=lambda out: out.last_hidden_state[:, 0, 0]
    )
    with pytest.raises(NoAttentionError, match=r"seen in the unedited run but not in the edited one"):
        experiment.run(question, Ablate(head=1))


def test_the_whole_model_s_attention_is_hidden_in_windows_too():
    model = small("GPTNeo")
    question = experiment.ask(model, input_ids=ids_of(10))
    scan = experiment.scan_edges(question, layer=1, how="value")
    record = regard.capture(model, input_ids=ids_of(10))
    seen = record.weights[1, :, -1].max(0) > 0
    assert np.array_equal(np.abs(scan.effects["tvd"][0]) > 1e-5, seen)


@pytest.mark.parametrize("name", ["GPTNeo", "Falcon"])
def test_attribution_sees_what_modules_write_out(name, ids):
    model = small(name)
    question = experiment.ask(model, input_ids=ids)
    gone = experiment.run(question, KnockOut(layer=1, head=2, query=-1, how="value")).values[0]
    found = experiment.integrated_rows(question, layer=1, head=2)
    assert found.total == pytest.approx(-gone, abs=1e-5)
    assert np.nansum(found.values) == pytest.approx(-gone, abs=0.1)
    heads = experiment.head_importance(question).values
    rows = experiment.gradient_rows(question, layer=1, query=None).values
    assert heads[1] == pytest.approx(np.nansum(rows, axis=(0, 2, 3)), abs=1e-4)
    if name == "GPTNeo":
        with pytest.raises(NoAttentionError, match=r"sums values in its own code, where direct_logits cannot see them"):
            experiment.direct_logits(question)
