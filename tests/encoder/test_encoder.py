"""Raw pictures and texts to codes: the same by every way, and checked."""

import dataclasses
import io
import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from scbch_jax import encoder, features, runs
from scbch_jax.config import defaults_of
from scbch_jax.config.experiment import METHOD_OPTIONS
from scbch_jax.encoder.encoder import in_batches
from scbch_jax.errors import InputError
from scbch_jax.methods import Sizes
from scbch_jax.runs import coding
from scbch_jax.runs.opening import saved_recipe
from scbch_jax.training import start


@pytest.fixture(scope="module")
def opened(of_words):
    return encoder.encoder_of_run(runs.open_run(of_words / "run"))


@pytest.fixture
def saved(opened, tmp_path):
    encoder.write_encoder(tmp_path / "encoder", opened)
    return tmp_path / "encoder"


def samples_of(folder):
    return features.read_manifest(folder / "pictures").samples


def read_all(found, folder):
    return [
        found.read_picture(folder / "pictures" / s.picture) for s in samples_of(folder)
    ]


@pytest.mark.parametrize("kind", ["of_words", "of_doc2vec"])
def test_codes_are_those_of_the_features_alone_and_in_batches(request, kind):
    """Of one row, of several, and of the store's features by the run's networks."""
    made = request.getfixturevalue(kind)
    run = runs.open_run(made / "run")
    found = encoder.encoder_of_run(run)
    texts = [sample.text for sample in samples_of(made)]
    stored = {m: np.load(made / "store" / f"{m}.npy") for m in ("image", "text")}
    wanted = coding.encode_blocks(run.networks, stored)
    pictures = read_all(found, made)
    for modality, encode, rows in (
        ("image", found.pictures, pictures),
        ("text", found.texts, texts),
    ):
        together, alone = encode(rows), encode(rows[3:4])
        np.testing.assert_array_equal(together.codes, wanted[modality])
        np.testing.assert_array_equal(alone.codes, together.codes[3:4])
        np.testing.assert_allclose(alone.relaxed, together.relaxed[3:4], atol=1e-5)
        assert len(together.unknown_words) == len(rows)
        assert encode(rows[:0]).codes.shape == (0, 4)


def test_batches_have_one_row_or_eight():
    sizes = []

    def double(rows):
        sizes.append(len(rows))
        return 2 * rows

    for count in (0, 1, 2, 8, 17):
        rows = np.arange(3.0 * count, dtype=np.float32).reshape(count, 3)
        np.testing.assert_array_equal(in_batches(double, rows, width=3), 2 * rows)
    assert sizes == [1, 8, 8, 8, 8, 8]


def test_what_was_written_is_read(opened, saved):
    found = encoder.read_encoder(saved)
    assert (found.id, found.takes, found.bits) == (opened.id, opened.takes, 32)
    found.self_check()
    text = ["a red square", "a green zebra is seen left"]
    np.testing.assert_array_equal(found.texts(text).relaxed, opened.texts(text).relaxed)
    assert found.texts(text).unknown_words == [[], ["zebra"]]


def test_every_method_is_restored_from_its_arrays(tmp_path):
    sizes = Sizes(image_dim=16, text_dim=24, classes=4, samples=80, bits=8)
    for method in METHOD_OPTIONS:
        experiment = defaults_of(method)
        options = dataclasses.replace(experiment.options, hidden=8)
        experiment = dataclasses.replace(experiment, bits=8, options=options)
        recipe = saved_recipe(experiment, sizes)
        like = jax.eval_shape(
            lambda key: start(experiment.hparams, key, recipe=recipe).params,  # noqa: B023
            jax.random.key(0),
        )
        params = jax.tree.map(lambda x: np.ones(x.shape, x.dtype), like)
        networks = runs.HashNetworks(experiment, recipe, params)
        arrays = runs.named_arrays(params)
        record = json.loads(json.dumps(runs.describe_networks(networks)))
        found = runs.restore_networks(record, arrays, tmp_path / "encoder.json")
        assert runs.encoder_id(found, {}) == runs.encoder_id(networks, {})
        assert found.recipe == recipe


def test_the_id_depends_on_every_part(of_words):
    run, other = (runs.open_run(of_words / "run", seed=seed) for seed in (0, 1))
    training = dataclasses.replace(run.networks.experiment.training, precision="high")
    experiment = dataclasses.replace(run.networks.experiment, training=training)
    ids = {
        runs.encoder_id(run.networks, run.extractors),
        runs.encoder_id(other.networks, run.extractors),
        runs.encoder_id(run.networks, {}),
        runs.encoder_id(run.networks, {**run.extractors, "text": "0"}),
        runs.encoder_id(run.networks, {**run.extractors, "image": "other"}),
        runs.encoder_id(run.networks._replace(experiment=experiment), run.extractors),
    }
    assert len(ids) == 6


@pytest.mark.parametrize(
    ("method", "option"),
    [
        ("cpah", {"test_mask": "off"}),
        ("mian", {"image_noise": "always"}),
        ("ltcmh_like", {"inputs": "given"}),
    ],
)
def test_the_id_depends_on_options_that_act_on_codes(of_words, method, option):
    """Other options change codes only through the parameters."""
    networks = runs.open_run(of_words / "run", seed=0).networks
    experiment = defaults_of(method)

    def id_with(**changes):
        options = dataclasses.replace(experiment.options, **changes)
        changed = dataclasses.replace(experiment, options=options)
        return runs.encoder_id(networks._replace(experiment=changed), {})

    assert id_with(**option) != id_with()
    assert id_with(hidden=8) == id_with()


def test_other_networks_fail_the_self_check(opened, of_words):
    other = runs.open_run(of_words / "run", seed=1).networks
    changed = dataclasses.replace(opened, networks=other, _checked=set())
    for use in (
        changed.self_check,
        lambda: changed.texts(["a red square"]),
        lambda: changed.pictures([np.zeros((224, 224, 3), np.uint8)]),
    ):
        with pytest.raises(
            InputError, match="encoder: got .* codes of its self-check inputs that"
        ):
            use()


@pytest.mark.parametrize("text", ["", " -- ", "zebra", "zebra\x00 unicorn"])
def test_a_text_without_a_known_word_is_refused(opened, text):
    with pytest.raises(InputError, match="text: got .*without a word that the encoder"):
        opened.texts(["a red square", text])


def test_pictures_are_read_from_memory_with_limits(opened):
    file = io.BytesIO()
    Image.new("RGB", (300, 200), (200, 30, 30)).save(file, "PNG")
    assert opened.read_picture(file).shape == (224, 224, 3)
    with pytest.raises(InputError, match="more than 100, the limit"):
        opened.read_picture(file, max_pixels=100)
    with pytest.raises(InputError, match="picture: got a file"):
        opened.read_picture(file, formats=("JPEG", "WEBP"))


def test_files_that_were_changed_are_refused(saved, of_words):
    other = encoder.encoder_of_run(runs.open_run(of_words / "run", seed=1))
    encoder.write_encoder(saved.parent / "other", other)
    for name in ("networks.safetensors", "text/words.json", "encoder.json"):
        kept = (saved / name).read_bytes()
        for content in (b"", kept[:40], kept.replace(b"square", b"sphere")):
            if content != kept:
                (saved / name).write_bytes(content)
                with pytest.raises(InputError):
                    encoder.read_encoder(saved)
        (saved / name).unlink()
        with pytest.raises(InputError):
            encoder.read_encoder(saved)
        (saved / name).write_bytes(kept)
    shutil.copy(saved.parent / "other" / "networks.safetensors", saved)
    with pytest.raises(InputError, match=r"encoder: got .*, wanted .*encoder.json"):
        encoder.read_encoder(saved)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("id", None),
        ("takes", ["image", "sound"]),
        ("extractors", {"image": 3}),
        ("extractors", {"text": "0" * 64}),
        ("weights", 3),
        ("options", None),
        ("sizes", {"bits": 32}),
    ],
)
def test_records_of_other_kinds_are_refused(saved, key, value):
    record = json.loads((saved / "encoder.json").read_text())
    (saved / "encoder.json").write_text(json.dumps({**record, key: value}))
    with pytest.raises(InputError):
        encoder.read_encoder(saved)


NAME = "vgg19 fc7, weights " + "0" * 64


@pytest.fixture
def of_vgg19(of_words):
    """A run whose record says that VGG19 made its features."""
    run = runs.open_run(of_words / "run")
    extractors = {**run.extractors, "image": NAME}
    new = runs.encoder_id(run.networks, extractors)
    return run._replace(extractors=extractors, id=new)


def test_a_network_whose_weights_are_not_at_hand_takes_no_pictures(of_vgg19, tmp_path):
    found = encoder.encoder_of_run(of_vgg19)
    assert found.takes == ("text",)
    encoder.write_encoder(tmp_path / "encoder", found)
    found = encoder.read_encoder(tmp_path / "encoder")
    assert found.texts(["a red square"]).codes.shape == (1, 4)
    with pytest.raises(
        InputError, match=f"but the encoder lacks {NAME}; wanted text or"
    ):
        found.pictures([])
    (tmp_path / "vgg19.safetensors").write_bytes(b"other weights")
    weights = tmp_path / "vgg19.safetensors"
    found = encoder.read_encoder(tmp_path / "encoder", weights=weights)
    with pytest.raises(InputError, match=r"weights: got .*vgg19.safetensors"):
        found.pictures([])


@pytest.mark.parametrize("copied", [True, False])
def test_weights_are_noted_or_copied(of_vgg19, tmp_path, monkeypatch, copied):
    used = []

    def extractor_named(name, weights):
        used.append((name, weights.read_bytes()))
        return features.descriptor_extractor()

    monkeypatch.setattr(features, "extractor_named", extractor_named)
    weights = tmp_path / "vgg19.safetensors"
    weights.write_bytes(b"weights")
    found = encoder.encoder_of_run(of_vgg19, weights=weights)
    encoder.write_encoder(tmp_path / "encoder", found, copy_weights=copied)
    if copied:
        weights.unlink()
    found = encoder.read_encoder(tmp_path / "encoder")
    assert found.pictures([np.zeros((224, 224, 3), np.uint8)]).codes.shape == (1, 4)
    assert used == [(NAME, b"weights")] * 2


def test_a_run_of_unknown_features_takes_nothing(of_words):
    run = runs.open_run(of_words / "run")._replace(extractors={})
    found = encoder.encoder_of_run(run)
    assert found.takes == ()
    with pytest.raises(InputError, match="text: got a text, but the encoder lacks"):
        found.texts(["a red square"])
    with pytest.raises(InputError, match="weights: got w.pt, wanted none"):
        encoder.encoder_of_run(run, weights=Path("w.pt"))


def test_a_text_model_of_others_is_refused(of_words, tmp_path):
    model = features.BagOfWords((("red", 3), ("blue", 2)))
    features.save_text_model(tmp_path / "model", model)
    run = runs.open_run(of_words / "run")
    with pytest.raises(InputError, match=r"text_model: got .*, wanted .* as .*run"):
        encoder.encoder_of_run(run, text_model=tmp_path / "model")
