"""The index that the demo ends with, of fewer scenes."""

import numpy as np
import pytest

from scbch_jax import datasets, encoder, index, io, runs
from scbch_jax.cli import demo, demo_index, serve
from scbch_jax.config import Scenes
from scbch_jax.results import EpochResult

SCENES = Scenes(train=60, queries=8, database=80, text_dim=16)


def make(folder, scenes, *, epochs):
    """Fills the folder of a demo with one run; gives what was loaded, too."""
    experiment = demo.experiment_of(demo.Demo(epochs=epochs, scenes=scenes), ())
    loaded = datasets.load(experiment.data)
    runs.train(experiment, folder / "scbch", loaded=loaded)
    demo_index.build(folder, folder / "scbch", scenes, loaded)
    return folder, loaded


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("demo") / "out", SCENES, epochs=1)


def test_pictures_and_words_of_the_index_have_the_codes_of_their_files(made):
    folder, _ = made
    opened = index.Index(folder / "index")
    found = encoder.open_encoder(folder / "index")
    assert found.takes == ("image", "text")
    assert opened.size == 88
    rows = [0, 7, 87]
    paths = [opened.picture_file(row) for row in rows]
    codes = found.pictures([found.read_picture(path) for path in paths]).codes
    wanted = np.concatenate([opened.code(row, "image") for row in rows])
    np.testing.assert_array_equal(codes, wanted)
    codes = found.texts([opened.record(row)["text"] for row in rows]).codes
    wanted = np.concatenate([opened.code(row, "text") for row in rows])
    np.testing.assert_array_equal(codes, wanted)
    for path in paths:
        assert io.picture_kind(path.read_bytes()) == "image/png"


def test_a_demo_that_is_repeated_keeps_its_index(made):
    folder, loaded = made
    before = (folder / "index" / "index.json").stat()
    path = demo_index.build(folder, folder / "scbch", SCENES, loaded)
    assert path == folder / "index"
    assert (path / "index.json").stat() == before
    assert list(index.verify(path)) == []


def test_the_demo_serves_its_index(made, tmp_path, monkeypatch, capsys):
    from scbch_jax import report
    from scbch_jax.report import writing

    folder, loaded = made
    result = EpochResult(seed=0, epoch=1, losses={"total": 1.0})
    monkeypatch.setattr(datasets, "load", lambda data: loaded)
    monkeypatch.setattr(runs, "train", lambda *args, **options: [result])
    monkeypatch.setattr(report, "read_runs", lambda folders: [])
    monkeypatch.setattr(writing, "write", lambda *args, **options: "a page")
    served = []
    monkeypatch.setattr(serve, "main", served.append)
    demo.main(demo.Demo(scenes=SCENES, out=folder))
    assert f"scbch serve {folder / 'index'}" in capsys.readouterr().out
    assert served == []
    demo.main(demo.Demo(scenes=SCENES, out=folder, serve=True))
    assert served == [serve.Serve(index=folder / "index", port=0)]
