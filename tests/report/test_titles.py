from made_runs import write_run

from scbch_jax.config import Experiment, Noise, Training, scbch, ucch
from scbch_jax.report import read_runs, runs
from scbch_jax.report import titles as naming


def titles(tmp_path, *experiments, short=False):
    folders = [
        write_run(tmp_path / str(i), experiment, [[0.1]] * len(experiment.seeds))
        for i, experiment in enumerate(experiments)
    ]
    groups = runs.group_by_setting(read_runs(folders))
    return naming.setting_titles(groups, short=short)


def experiment(rate=0.5, **changes):
    return Experiment(noise=Noise(rate=rate), training=Training(epochs=1), **changes)


def test_titles_say_all_that_differs_of_method_noise_and_bits(tmp_path):
    """Although the bits alone would distinguish them."""
    other = experiment(
        bits=16, method="ucch", options=ucch.Options(), hparams=ucch.HParams()
    )
    assert titles(tmp_path, experiment(0.2), other) == [
        "planted, SCBCH, 20 % noise, 64 bits",
        "planted, UCCH, 50 % noise, 16 bits",
    ]


def test_titles_say_other_options_where_they_are_needed(tmp_path):
    experiments = [experiment(options=scbch.Options(hidden=width)) for width in (8, 16)]
    assert titles(tmp_path, *experiments, short=True) == ["hidden 8", "hidden 16"]


def test_a_setting_alone_is_its_data_and_method(tmp_path):
    assert titles(tmp_path, experiment(seeds=(0, 1)), short=True) == ["planted, SCBCH"]


def test_variants_have_the_papers_names(tmp_path):
    experiments = [
        experiment(options=scbch.Options(drop=d)) for d in ((), ("attraction",))
    ]
    experiments.append(experiment(options=scbch.Options(drop=("quantization",))))
    assert titles(tmp_path, *experiments, short=True) == [
        "SCBCH",
        "SCBCH-4, no attraction",
        "SCBCH, no quantization",
    ]


def test_features_are_named_by_their_file(tmp_path):
    """Files of all stores have the same name, so their checksum is added."""
    found = []
    for i, files in enumerate(
        (
            {},
            {"text": "t.mat", "image": "vgg.mat"},
            {"image.npy": "image.npy, sha256 0123456789"},
        )
    ):
        folder = write_run(tmp_path / str(i), experiment(), [[0.1]], files=files)
        found.append(naming.image_features(read_runs([folder])[0]))
    assert found == ["generated data", "vgg.mat", "image.npy, sha256 01234567"]
