"""Features of pretrained networks are what the networks themselves compute."""

import json
import shutil

import numpy as np
import picture_folders
import pretrained
import pytest
from PIL import Image

from scbch_jax import features
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.features import pooling

pretrained.require()

TEXTS = ["A red square", "blue stripes left right a dog " * 9, "dog", "zebra", "a dog"]
CLOSE = {"rtol": 0, "atol": 1e-5}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a network of each kind."""
    folder = tmp_path_factory.mktemp("networks")
    for kind, save in pretrained.KINDS.items():
        save(folder / kind)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Pictures of several shapes, one of them gray."""
    folder = picture_folders.draw(tmp_path_factory.mktemp("of") / "pictures", count=7)
    for name, size in (("001.png", (90, 40)), ("002.png", (33, 120))):
        with Image.open(folder / name) as file:
            file.resize(size).save(folder / name)
    with Image.open(folder / "003.png") as file:
        file.convert("L").save(folder / "003.png")
    return sorted(folder.glob("*.png"))


def open_network(folder):
    return features.open_pretrained(features.read_files(folder).name, folder)


def read(paths, network):
    return np.stack([features.read_picture(p, prepare=network.prepare) for p in paths])


def by_hand(folder, *, pictures=(), texts=()):
    """What the documentation of `transformers` does, with what it calls pooled."""
    import torch
    import transformers as t

    model = t.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        if pictures:
            process = t.AutoImageProcessor.from_pretrained(folder, backend="pil")
            opened = [Image.open(path).convert("RGB") for path in pictures]
            inputs = process(images=opened, return_tensors="pt")
            joint = getattr(model, "get_image_features", model)
            return joint(**inputs).pooler_output.numpy()
        tokenizer = t.AutoTokenizer.from_pretrained(folder)
        fill = "max_length" if hasattr(model, "get_text_features") else "longest"
        tokens = tokenizer(texts, padding=fill, truncation=True, return_tensors="pt")
        if fill == "max_length":
            return model.get_text_features(**tokens).pooler_output.numpy()
        hidden = model(**tokens).last_hidden_state
        rows = [
            row[mask == 1]
            for row, mask in zip(hidden, tokens.attention_mask, strict=True)
        ]
        return torch.stack([row.mean(0) for row in rows]).numpy()


@pytest.mark.parametrize("kind", ["clip", "siglip", "siglip2", "vit"])
def test_pictures_are_as_by_hand(saved, pictures, kind):
    network = open_network(saved / kind)
    found = network.pictures(read(pictures, network))
    wanted = by_hand(saved / kind, pictures=pictures)
    np.testing.assert_allclose(found, wanted, **CLOSE)
    assert np.ptp(found, axis=0).max() > 0.01, "it depends on the picture"
    for row in (0, 2):
        alone = network.pictures(read(pictures[row : row + 1], network))
        np.testing.assert_allclose(alone[0], found[row], **CLOSE)


@pytest.mark.parametrize("kind", ["clip", "siglip", "siglip2", "bert"])
def test_texts_are_as_by_hand(saved, kind):
    model = features.TextNetwork(features.read_files(saved / kind).name, saved / kind)
    found = features.text_features(model, TEXTS)
    np.testing.assert_allclose(found, by_hand(saved / kind, texts=TEXTS), **CLOSE)
    assert np.abs(found[0] - found[2]).max() > 0.01, "it depends on the text"
    for row, text in enumerate(TEXTS):
        alone = features.text_features(model, [text])
        np.testing.assert_allclose(alone[0], found[row], **CLOSE)
    many = features.text_features(model, ["", *TEXTS * 14, " "])
    np.testing.assert_allclose(many[1:-1], np.tile(found, (14, 1)), **CLOSE)
    assert not many[0].any()
    assert not many[-1].any()
    assert features.without_known_words(model, ["a", "", "\n", "!"]) == [1, 2]


def test_an_encoder_of_pictures_without_a_pooling_layer(pictures, tmp_path):
    """Its missing layer would be drawn: the vector of the class token is taken."""
    import transformers as t

    pretrained.vit(tmp_path, pooler=False)
    network = open_network(tmp_path)
    rows = read(pictures, network)
    model = t.ViTModel.from_pretrained(tmp_path, add_pooling_layer=False)
    import torch

    with torch.no_grad():
        hidden = model(torch.from_numpy(rows["pixel_values"])).last_hidden_state
    np.testing.assert_allclose(network.pictures(rows), hidden[:, 0].numpy(), **CLOSE)


@pytest.mark.parametrize("mode", ["mean", "cls", "max", "lasttoken"])
@pytest.mark.parametrize("left", [False, True])
def test_pooling_by_pencil(mode, left):
    import torch

    rows = torch.tensor([[[1.0, -5.0], [3.0, -1.0], [9.0, 9.0]]])
    mask = torch.tensor([[1, 1, 0]])
    if left:
        rows, mask = rows.flip(1), mask.flip(1)
    wanted = {
        "mean": [2.0, -3.0],
        "max": [3.0, -1.0],
        "cls": [3.0, -1.0] if left else [1.0, -5.0],
        "lasttoken": [1.0, -5.0] if left else [3.0, -1.0],
    }[mode]
    found = pooling.pool(rows, mask, pooling.Pooling(mode))
    np.testing.assert_allclose(found.numpy(), [wanted])
    unit = pooling.pool(rows, mask, pooling.Pooling(mode, normalize=True)).numpy()
    np.testing.assert_allclose(unit, [wanted / np.linalg.norm(wanted)], rtol=1e-6)


def modules(folder, kinds, config):
    paths = ["", "1_Pooling", "2_Normalize"]
    listed = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.x.{k}"}
        for i, (k, path) in enumerate(zip(kinds, paths, strict=False))
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config))


def test_a_sentence_encoder_pools_as_its_modules_say(saved, tmp_path):
    folder = shutil.copytree(saved / "bert", tmp_path / "bert")
    mean = features.read_files(folder).name
    off = {"pooling_mode_mean_tokens": False, "word_embedding_dimension": 16}
    three = ["Transformer", "Pooling", "Normalize"]
    modules(folder, three, {"pooling_mode_cls_token": True, **off})
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 4}')
    found = features.read_files(folder)
    assert found.name != mean
    network = features.open_pretrained(found.name, folder)
    assert network.max_tokens == 4
    assert network.pooling == pooling.Pooling("cls", True, 4)
    rows = network.texts(["red green blue dog", "red green left"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(rows[0], rows[1], **CLOSE)  # of the first two words
    for kinds, config, message in (
        (["Transformer", "Pooling", "Dense"], {"pooling_mode": "cls"}, "with Trans"),
        (three, {"pooling_mode": "weightedmean"}, "pooling weightedmean, wanted one"),
        (
            three,
            {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True},
            "cl",
        ),
        (["Transformer"], {}, "damaged"),
    ):
        modules(folder, kinds, config)
        with pytest.raises(InputError, match=f"network: got .*{message}"):
            pooling.read_pooling(folder)


def cached(folder, saved, inputs, *, stop=lambda: False):
    """Features of pictures or texts in a cache, and how many rows were added."""
    files = features.read_files(saved / "clip")
    added = []
    network = features.TextNetwork(files.name, files.folder)
    texts = isinstance(inputs[0], str)
    if not texts:
        network = features.pretrained_extractor(open_network(saved / "clip"))
    names = inputs if texts else [path.name for path in inputs]
    how = {"on_batch": added.append, "stop": stop}
    with features.open_cache(folder, names, network, batch_size=3) as cache:
        try:
            if texts:
                features.extract_texts(inputs, network, cache, **how)
            else:
                features.extract(inputs, network, cache, **how)
        except Interrupted:
            pass
        return np.array(cache.features), added


@pytest.mark.parametrize("kind", ["pictures", "texts"])
def test_an_interrupted_extraction_goes_on_to_the_same_bits(
    saved, pictures, tmp_path, kind
):
    inputs = pictures if kind == "pictures" else [*TEXTS, "a", ""]
    whole, added = cached(tmp_path / "whole", saved, inputs)
    assert added == [0, 3, 3, 1]
    part, added = cached(tmp_path / "part", saved, inputs, stop=lambda: True)
    assert added == [0, 3]
    assert not np.array_equal(part, whole)
    again, added = cached(tmp_path / "part", saved, inputs)
    assert added == [3, 3, 1]
    np.testing.assert_array_equal(again, whole)


def test_a_picture_that_cannot_be_read_changes_no_other(saved, pictures, tmp_path):
    network = features.pretrained_extractor(open_network(saved / "siglip2"))
    (tmp_path / "bad.png").write_bytes(b"\x89PNG")
    paths = [tmp_path / "bad.png", *pictures[:2]]
    names = ["a", "b", "c"]
    with features.open_cache(tmp_path / "c", names, network, batch_size=4) as cache:
        lost = features.extract(paths, network, cache)
        rows = np.array(cache.features)
    assert list(lost) == [0]
    assert not rows[0].any()
    wanted = network.apply(read(pictures[:2], network))
    np.testing.assert_allclose(rows[1:], wanted, **CLOSE)


def damage(folder, kind):
    config = json.loads((folder / "config.json").read_text())
    if kind == "pickled":
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    elif kind == "gone":
        (folder / "model.safetensors").unlink()
    elif kind == "cut":
        content = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(content[:-9])
    elif kind == "shard":
        listed = {"weight_map": {"a": "model-1.safetensors"}}
        (folder / "model.safetensors").rename(folder / "whole.safetensors")
        (folder / "model.safetensors.index.json").write_text(json.dumps(listed))
    elif kind == "adapter":
        (folder / "adapter_config.json").write_text("{}")
    elif kind == "preprocessing":
        (folder / "preprocessor_config.json").unlink()
    elif kind == "config":
        (folder / "config.json").write_text("[")
    elif kind == "lost layer":
        config["vision_config"]["num_hidden_layers"] = 3
        (folder / "config.json").write_text(json.dumps(config))
    elif kind == "own code":
        (folder / "own.py").write_text("raise SystemExit('it ran')")
        changed = {**config, "model_type": "own", "auto_map": {"AutoConfig": "own.A"}}
        (folder / "config.json").write_text(json.dumps(changed))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("pickled", "with pytorch_model.bin, which could run code, without model.saf"),
        ("gone", "without model.safetensors, wanted weights as safetensors"),
        ("cut", "its weights cannot be used"),
        ("shard", "without model-1.safetensors, wanted all parts"),
        ("adapter", "an adapter, wanted it merged"),
        ("preprocessing", "its preprocessing cannot be used|features of a picture"),
        ("config", "config.json"),
        ("lost layer", r"without vision_model\.encoder\.layers\.2"),
        ("own code", "its configuration cannot be used"),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_line(saved, tmp_path, kind, message):
    folder = shutil.copytree(saved / "clip", tmp_path / "clip")
    damage(folder, kind)
    with pytest.raises(InputError, match=f"network: got .*({message})") as caught:
        features.pretrained_extractor(open_network(folder))
    assert "\n" not in str(caught.value)


def test_a_network_has_features_of_what_it_was_made_for(saved):
    for kind, modality in (("vit", "text"), ("bert", "image")):
        with pytest.raises(InputError, match=f"which has no {modality} features"):
            open_network(saved / kind).require(modality)


def test_the_name_says_what_decides_the_features(saved, tmp_path):
    """Not the folder, nor files that do not matter, but weights and settings."""
    found = features.read_files(saved / "clip")
    folder = shutil.copytree(saved / "clip", tmp_path / "snapshots" / ("0" * 40))
    (folder / "README.md").write_text("about it")
    (folder / "pytorch_model.bin").write_bytes(b"another copy")
    copy = features.read_files(folder)
    assert copy.name == found.name
    assert copy.weights == found.weights
    assert (found.revision, copy.revision) == ("", "0" * 40)
    assert found.name.startswith("transformers clip, files ")
    names = {copy.name, features.read_files(folder, mixed=True).name}
    for name in ("preprocessor_config.json", "tokenizer.json"):
        changed = (folder / name).read_text() + " "
        (folder / name).write_text(changed)
        names.add(features.read_files(folder).name)
    assert len(names) == 4
    copied = {path.name for path in features.files_of(folder)}
    assert "README.md" not in copied
    assert {"model.safetensors", "config.json"} <= copied


def test_mixed_precision_needs_a_gpu(saved):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    name = features.read_files(saved / "clip", mixed=True).name
    with pytest.raises(InputError, match="mixed: got True, wanted a GPU"):
        features.open_pretrained(name, saved / "clip").texts(["a"])


def test_a_name_is_fetched_only_if_there_is_no_folder(saved, tmp_path, monkeypatch):
    import huggingface_hub

    asked, said = [], []

    def download(name, *, revision, allow_patterns):
        asked.append((name, revision))
        assert not any(p.endswith((".bin", ".py", "*")) for p in allow_patterns)
        if name == "some/nothing":
            raise OSError("no route\nto it")
        return str(saved / "clip")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(saved / "clip", tmp_path / "some" / "clip")
    features.find_pretrained("some/clip", on_fetch=said.append)
    assert (asked, said) == ([], [])
    found = features.find_pretrained("some/other@v1", on_fetch=said.append)
    assert (asked, said) == ([("some/other", "v1")], ["some/other@v1"])
    assert (found.given, found.folder) == ("some/other@v1", saved / "clip")
    with pytest.raises(InputError, match=r"some/nothing, no folder.*\(no route\)"):
        features.find_pretrained("some/nothing")
    for name in ("clip", "/some/clip", "../clip", "a/b/c"):
        with pytest.raises(InputError, match="network: got .*which is not a folder"):
            features.find_pretrained(name)
    assert len(asked) == 2
