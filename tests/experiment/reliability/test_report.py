"""Reports as things: what they cost, what interrupts them, what they refuse, how they are kept."""

import json
import math

import pytest
import torch

import regard
from regard.errors import ArgumentError, FileFormatError, RegardError
from regard.experiment.reliability import Cost, Report, ReportStoppedError
from regard.testing import tiny_model, tiny_tokenizer


def ids_of(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(5, 500, (1, count), generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def llama():
    return tiny_model("llama")


@pytest.fixture(scope="module")
def whole(llama):
    return regard.reliability(llama, input_ids=ids_of(32), target=7, effect="logit")


def test_the_cost_is_told_before(llama):
    quick = regard.reliability(llama, input_ids=ids_of(32), form="quick", plan_only=True)
    assert isinstance(quick, Cost)
    assert dict(quick.passes) == {"Q1": 10}
    assert dict(quick.steps) == {"Q2": 4}  # the picture is its whole layer, so that two of six cuts are the same
    assert str(quick).startswith("10 passes over up to 32 tokens and 4 decode steps (Q1: 10, Q2: 4)")
    one_head = regard.reliability(llama, input_ids=ids_of(32), heads=[0], form="quick", plan_only=True)
    assert one_head.runs == 16
    full = regard.reliability(llama, input_ids=ids_of(32), heads=[0], plan_only=True)
    assert 120 <= full.runs <= 180


def test_progress_counts_to_the_plan(llama):
    seen = []
    report = regard.reliability(llama, input_ids=ids_of(32), form="quick", progress=lambda *n: seen.append(n))
    assert seen[0] == (0, report.planned)
    assert seen[-1] == (report.planned, report.planned)
    assert report.runs == report.planned


def test_what_was_not_paid_for_cannot_be_said(llama):
    report = regard.reliability(
        llama, input_ids=ids_of(32), effect="logit", batch=8, progress=lambda done, _: done < 24
    )
    assert 24 <= report.runs < report.planned
    assert report.verdict.word == "CANNOT SAY"
    assert report.finding("Q0").state == "measured"
    assert report.finding("Q1").state == "part"
    assert report.finding("Q2").state == "not measured"
    assert "budget was not spent" in report.text()
    kept = [found.replaced for found in report.tested if found.replaced is not None]
    assert kept
    assert all(math.isfinite(found.effect) for found in kept)


def test_an_interrupt_keeps_the_finished_part(llama):
    def interrupt(done: int, _planned: int) -> None:
        if done >= 16:
            raise KeyboardInterrupt

    report = regard.reliability(llama, input_ids=ids_of(32), batch=8, progress=interrupt)
    assert report.runs == 16
    model = tiny_model("llama")
    calls = []

    def stop(_module, _inputs):
        calls.append(1)
        if len(calls) > 12:
            raise KeyboardInterrupt

    with model.register_forward_pre_hook(stop):
        report = regard.reliability(model, input_ids=ids_of(32), batch=8)
    assert report.stopped == "interrupted"
    assert 0 < report.runs < report.planned
    assert "interrupted" in report.notes[0]["en"]


def test_another_error_comes_with_the_finished_part():
    model, calls = tiny_model("llama"), []

    def fail(_module, _inputs):
        calls.append(1)
        if len(calls) > 12:
            raise MemoryError("no room")

    with model.register_forward_pre_hook(fail), pytest.raises(ReportStoppedError, match="no room") as caught:
        regard.reliability(model, input_ids=ids_of(32), batch=8)
    assert 0 < caught.value.partial.runs < caught.value.partial.planned


def test_json_holds_everything_and_no_nan(whole):
    text = whole.json()
    assert Report.from_json(text) == whole
    assert "NaN" not in text
    assert "Infinity" not in text
    data = json.loads(text)
    assert data["verdicts"][0]["token"] is None
    assert set(data["verdicts"][0]["sentence"]) == {"en", "zh"}
    assert whole.data() == data
    assert sum(data["picture"]["row"]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"version": 9}', '{"version": 1}'])
def test_other_json_is_no_report(text):
    with pytest.raises(FileFormatError, match="no reliability report of version 1"):
        Report.from_json(text)


def test_the_text_has_all_that_the_verdict_rests_on(whole):
    told = whole.text()
    assert whole.verdict.word in told
    for finding in whole.findings:
        assert finding.asked["en"] in told
        assert finding.sentence["en"] in told
    assert f"{whole.runs} variants run, seed 0. n = 1 text." in told
    assert "Target: '7'" in told
    assert "layer 2, all 4 heads, query 31 of decoder attention" in told
    assert str(whole) == told
    assert repr(whole).startswith("<Report (full) of LlamaForCausalLM: ")
    assert whole._repr_mimebundle_()["text/plain"]
    with pytest.raises(ArgumentError, match="no language 'fr'"):
        whole.text("fr")


def test_the_same_seed_gives_the_same_report(llama, whole):
    again = regard.reliability(llama, input_ids=ids_of(32), target=7, effect="logit")
    assert again.json() == whole.json()
    other = regard.reliability(llama, input_ids=ids_of(32), target=7, effect="logit", seed=1)
    assert other.together.replaced != whole.together.replaced


def test_a_view_says_which_picture_is_meant(llama):
    record = regard.capture(llama, input_ids=ids_of(32))
    view = regard.head_view(record, layer=1, heads=[2, 3])
    report = regard.reliability(llama, view=view, form="quick")
    assert (report.picture.layers, report.picture.heads, report.picture.queries) == ((1,), (2, 3), (31,))
    assert report.picture.why == "view"
    assert report.picture.row == pytest.approx(record.weights[1, 2:4, 31].mean(0), abs=1e-5)
    view.selection.query = 20
    selected = regard.reliability(llama, view=view, form="quick")
    assert selected.picture.queries == (20,)
    assert len(selected.picture.labels) == 21  # the row that predicts token 21 sees no later ones


def test_records_of_other_runs_are_refused(llama):
    record = regard.capture(llama, input_ids=ids_of(32))
    other = tiny_model("llama", seed=1)
    with pytest.raises(ArgumentError, match="another model, or of other inputs"):
        regard.reliability(other, record=record, form="quick")
    with pytest.raises(ArgumentError, match="a record holds only what was seen of it; pass the model"):
        regard.reliability(record)
    bare = regard.from_weights(torch.eye(4)[None, None].numpy())
    with pytest.raises(ArgumentError, match="tokens have no ids"):
        regard.reliability(llama, record=bare)
    assert regard.reliability(llama, record, form="quick").picture.why == "default"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": 512}, "target 512 does not exist; the vocabulary has 512"),
        ({"target": "word"}, "needs a tokenizer"),
        ({"effect": "tvd"}, "no effect with a sign 'tvd'"),
        ({"form": "long"}, "no form 'long'; there are: 'quick', 'full'"),
        ({"layer": 3}, "layer 3 does not exist; there are 3"),
        ({"heads": [4]}, "head 4 does not exist; there are 4"),
        ({"query": 32}, "32 does not exist"),
        ({"kind": "cross"}, "no kind of attention 'cross'"),
        ({"controls": 0}, "controls must be 1 or more"),
        ({"view": "last"}, "view must be a view"),
        ({"proposal": [600]}, "proposal must be token ids from 0 to 511"),
    ],
)
def test_what_cannot_be_asked(llama, options, message):
    with pytest.raises(ArgumentError, match=message):
        regard.reliability(llama, input_ids=ids_of(32), **options)


def test_models_that_cannot_be_asked():
    model = tiny_model("llama")
    with pytest.raises(ArgumentError, match="train mode"):
        regard.reliability(model.train(), input_ids=ids_of(8))
    model = tiny_model("llama")
    with torch.no_grad():
        model.lm_head.weight[3] = math.nan
    with pytest.raises(RegardError, match="NaN"):
        regard.reliability(model, input_ids=ids_of(8))


def test_a_text_too_short_to_compare_with_cannot_say(llama):
    report = regard.reliability(llama, input_ids=ids_of(4), effect="logit")
    assert report.verdict.word == "CANNOT SAY"
    assert any("tokens were there to compare with" in note["en"] for note in report.notes)


def test_an_uncertain_output_is_said(llama):
    baseline = regard.experiment.ask(llama, input_ids=ids_of(32)).passes.whole[0]
    least = int(baseline.argmin())
    report = regard.reliability(llama, input_ids=ids_of(32), target=least, form="quick")
    assert {verdict.word for verdict in report.verdicts} == {"CANNOT SAY"}
    assert "The output itself is uncertain" in report.verdict.sentence["en"]
    assert any("not the model's first choice" in note["en"] for note in report.notes)


@pytest.mark.parametrize("family", ["bart", "t5"])
def test_encoder_decoders_show_the_source(family):
    model = tiny_model(family)
    report = regard.reliability(
        model, input_ids=ids_of(16), decoder_input_ids=ids_of(4, seed=1), effect="logit", form="quick"
    )
    assert report.picture.kind == "cross"
    assert report.picture.queries == (3,)
    assert len(report.picture.labels) == 16
    assert report.finding("Q1").state == "measured"
    own = regard.reliability(
        model, input_ids=ids_of(16), decoder_input_ids=ids_of(4, seed=1), effect="logit", kind="decoder", form="quick"
    )
    assert own.finding("Q1").state == "not measured"
    assert "tokens of the decoder" in own.finding("Q1").reason


def test_encoders_are_asked_by_a_function():
    model = tiny_model("bert")
    report = regard.reliability(
        model, input_ids=ids_of(16), effect=lambda output: output.last_hidden_state[:, 0].sum(-1), form="quick"
    )
    assert report.target is None
    assert report.effect == "value"
    assert report.picture.queries == tuple(range(16))
    largest = max(abs(found.replaced.effect) for found in report.tested if found.replaced is not None)
    assert report.small == pytest.approx(max(abs(report.value) / 100, largest / 10))
    assert "a function of the output" in report.basis["en"]


def test_a_tokenizer_names_the_tokens():
    tokenizer = tiny_tokenizer("wordpiece")
    report = regard.reliability(
        tiny_model("bert"),
        tokenizer,
        "the cat sat on the mat and the dog sat on the cat",
        effect=lambda output: output.last_hidden_state.mean((1, 2)),
        form="quick",
    )
    assert report.picture.labels[0] == "[CLS]"
    assert report.picture.parked[0] == "special"
    assert all(found.parked == "" for found in report.tested if found.role == "bright")


def test_several_texts_have_intervals_over_texts(llama):
    texts = [ids_of(32, seed) for seed in range(3)]
    reports = [regard.reliability(llama, input_ids=ids, effect="logit", form="quick") for ids in texts]
    found = regard.reliability_over(reports, draws=500)
    effects = [next(one.replaced.effect for one in report.tested if one.role == "bright") for report in reports]
    assert found.effect.value == pytest.approx(sum(effects) / 3)
    assert min(effects) <= found.effect.low <= found.effect.value <= found.effect.high <= max(effects)
    assert sum(rate.value for rate in found.rates.values()) == pytest.approx(1)
    assert "3 texts are few" in found.text()
    assert "NaN" not in found.json()
    with pytest.raises(ArgumentError, match="two reports or more; got 1"):
        regard.reliability_over(reports[:1])
    other = regard.reliability(llama, input_ids=texts[0], form="quick")
    with pytest.raises(ArgumentError, match=r"different effects \(log_p, logit\)"):
        regard.reliability_over([*reports, other])


def test_a_list_of_texts_is_asked_one_by_one():
    model, tokenizer = tiny_model("bert"), tiny_tokenizer("wordpiece")
    texts = ["the cat sat on the mat and the dog sat on the cat", "one two three four five six seven eight nine ten"]
    options = {"effect": lambda output: output.last_hidden_state.mean((1, 2)), "form": "quick"}
    found = regard.reliability(model, tokenizer, texts, **options)
    assert [report.runs for report in found.reports] == [14, 14]
    assert found.reports[1] == regard.reliability(model, tokenizer, texts[1], **options)
    with pytest.raises(ArgumentError, match="plan_only= is of one text; ask for each of the 2"):
        regard.reliability(model, tokenizer, texts, plan_only=True, **options)


def test_the_full_form_holds_the_token_shares_and_the_overlay(whole):
    assert whole.finding("Q4").state == "measured"
    assert whole.finding("Q5").state == "measured"
    assert whole.finding("Q5").numbers["pearson"] > 0.9
    assert whole.finding("Q5").numbers["measurable"] >= 3
    bright = [found for found in whole.tested if found.role == "bright"]
    assert all(found.held is not None and found.overlay is not None for found in bright)


def test_cross_attention_has_no_token_shares_and_says_so():
    report = regard.reliability(
        tiny_model("bart"), input_ids=ids_of(16), decoder_input_ids=ids_of(4, seed=1), effect="logit"
    )
    assert report.finding("Q4").state == "not measured"
    assert "not across" in report.finding("Q4").reason
    assert report.finding("Q5").state == "measured"
