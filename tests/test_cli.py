"""The command line in this process: what is asked, and what bad input gets."""

import json
import re
import sys

import numpy as np
import pytest
from conftest import ROOT

from scbch_jax import cli, config
from scbch_jax.checks import InputError
from scbch_jax.settings.commands import COMMANDS

SMOKE = str(ROOT / "configs" / "smoke.py")


def complaint(capsys, *words):
    """The one line that a person sees; nothing else, and exit code 2."""
    assert cli.main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert said.err.startswith("scbch: ")
    return said.err


def test_a_config_then_options():
    words = "--bits 16 --noise.rate 0.8 --seeds 0 1 --options.drop contrast"
    options = cli.parse("train", [SMOKE, *words.split()])
    experiment = options.experiment
    assert (experiment.bits, experiment.noise.rate) == (16, 0.8)
    assert (experiment.seeds, experiment.options.drop) == ((0, 1), ("contrast",))
    assert experiment.options.hidden == 256, "the config's, not the default"
    assert options.name == "smoke"


def test_the_overview_names_every_command(capsys):
    assert cli.main([]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in COMMANDS)


NESTED = (
    *("bench evaluate", "bench neighbors", "bench train", "data show"),
    *("features all", "features images", "features texts"),
)
NESTED += ("data inspect", "data import", "data noise")
PLAIN = sorted(COMMANDS.keys() - {"bench", "data", "features"})


@pytest.mark.parametrize("name", [*PLAIN, *NESTED])
def test_every_option_has_help(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as stop:
        cli.main([*name.split(), "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "(default: " in said
    for words in re.findall(r"^│ --\S+ +(.*?)\(default: ", said, re.MULTILINE):
        placeholder = r"(--\S+ +)?(\{[^}]*\}\S*|\[[A-Z{].*\]|[A-Z|]+)? *"
        assert re.sub(f"^{placeholder}", "", words), f"no help: {words}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fly"], "command: got fly, wanted one of train"),
        (["train"], "config: got none"),
        (["train", "gone.py"], "wanted a file that exists"),
        (["train", SMOKE, "--nose", "3"], "options: got --nose, wanted known ones"),
        (
            ["train", SMOKE, "--bits", "7"],
            "bits: got 7, wanted a positive multiple of 8",
        ),
        (["train", SMOKE, "--bits", "x"], "bits: got x, wanted a whole number"),
        (["train", SMOKE, "--noise.kind", "foo"], "--noise.kind: got foo, wanted"),
        (["train", SMOKE, "--bits"], "--bits: got nothing, wanted a value"),
        (["train", SMOKE, "--seeds", str(2**32)], "seeds: got (4294967296,), wanted"),
        (
            ["train", SMOKE, "--options.drop", "contrast", "classification"],
            "options.drop: got contrast, classification, wanted a term left to train",
        ),
        pytest.param(
            ["train", SMOKE, "--options.hidden", "1000000", "--out", "wide"],
            "memory: got ",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["train", SMOKE, "--hparams.learning-rate", "1e30", "--out", "wild"],
            "training: got a loss of nan in epoch",
            marks=pytest.mark.slow,
        ),
        (["train", SMOKE, "--options.drop", "all"], "--options.drop"),
        (["train", SMOKE, "--hparams.margin", "nan"], "hparams.margin: got nan"),
        (
            ["train", SMOKE, "--options.negatives", "9"],
            "got --options.negatives, wanted",
        ),
        (
            ["train", SMOKE, "--method", "ucch"],
            "options: got those of scbch, wanted those of ucch, which is the method",
        ),
        (
            ["train", SMOKE, "--options.neighbors", "2000"],
            "options.neighbors: got 2000, wanted fewer than the 2000",
        ),
        (
            ["train", SMOKE, "--data.name", "coco"],
            "data.root: got nothing, wanted a folder with MSCOCO",
        ),
        (
            [
                "train",
                SMOKE,
                "--data.name",
                "coco",
                "--noise.kind",
                "published",
                "--data.root",
                "gone",
            ],
            "data.root: got gone",
        ),
        (["evaluate", "gone"], "source: got gone, wanted a file or a folder that"),
        (["evaluate"], "source: got nothing, wanted the folder of a run"),
        (["compare", "gone", "gone"], "source: got gone"),
        (["evaluate", SMOKE, "--depth", "0"], "depth: got (0,), wanted whole numbers"),
        (["evaluate", SMOKE, "--keys", "a"], "keys: got a, wanted PART=NAME"),
        (["evaluate", SMOKE], "wanted one ending in .mat"),
        (["encode", "gone"], "run: got gone"),
        (["report", "gone"], "source: got gone, wanted a folder that exists"),
        (["report"], "source: got nothing, wanted the folder of a run or of a sweep"),
        (["report", ".", "--details", "-1"], "details: got -1, wanted a whole number"),
        (["demo", "--epochs", "0"], "epochs: got 0"),
        (["data", "show", "--name", "moon"], "moon"),
        (["crosscheck", "gone"], "files: got gone, wanted"),
        (
            ["data", "show", "--name", "store"],
            "data.root: got nothing, wanted the folder of a store",
        ),
        (
            ["data", "show", "--name", "store", "--root", "gone"],
            "store: got gone, wanted a folder with store.json",
        ),
        (
            ["data", "show", "--name", "store", "--root", "s", "--image", "x.npz"],
            "data.image: got x.npz, wanted none",
        ),
        (
            ["train", SMOKE, "--data.name", "store", "--data.root", "s"]
            + ["--noise.kind", "published"],
            "noise.kind: got published, wanted swap or none: a store has no noise file",
        ),
        (["data"], "data"),
        (["data", "import", "a.npz"], "--out"),
    ],
)
def test_bad_input_is_one_line(capsys, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCBCH_DATA", raising=False)
    assert message in complaint(capsys, *words)
    assert not list(tmp_path.iterdir()), "nothing half-written"


def test_an_interrupt_is_no_traceback(monkeypatch):
    def stop(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.importlib, "import_module", stop)
    assert cli.main(["demo"]) == 130


def test_a_bug_is_not_taken_for_bad_input(monkeypatch):
    def fail(name):
        raise ValueError("a bug")

    monkeypatch.setattr(cli.importlib, "import_module", fail)
    with pytest.raises(ValueError, match="a bug"):
        cli.main(["demo"])
    assert issubclass(InputError, ValueError)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small run on the planted set, and its folder."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    words = [SMOKE, "--training.epochs", "6", "--out", str(folder), "--seeds", "4", "5"]
    assert cli.main(["train", *words]) == 0
    return folder, words


def test_a_finished_run_is_not_run_again(trained, capsys):
    folder, words = trained
    assert "which holds a run" in complaint(capsys, "train", *words)
    before = (folder / "seed-4" / "results.jsonl").read_bytes()
    assert cli.main(["train", *words, "--resume"]) == 0
    assert "seed 4, last epoch" in capsys.readouterr().out
    assert (folder / "seed-4" / "results.jsonl").read_bytes() == before


def test_another_configuration_does_not_go_on(trained, capsys):
    _, words = trained
    said = complaint(capsys, "train", *words, "--bits", "16", "--resume")
    assert "a run of another configuration (bits: 32 -> 16)" in said


@pytest.mark.parametrize("out", ["taken/inside", "taken"])
def test_a_folder_that_cannot_be_made_is_named(trained, tmp_path, capsys, out):
    (tmp_path / "taken").write_text("a file")
    words = [*trained[1], "--out", str(tmp_path / out)]
    assert "wanted a folder to write in" in complaint(capsys, "train", *words)


def test_what_noise_hit_is_kept(trained):
    from scbch_jax import data

    folder, _ = trained
    plan = config.load(folder / "experiment.json")
    clean = data.load(plan.data).dataset.train.labels
    noisy = data.noisy_labels(plan.data, plan.noise, clean, seed=4)
    kept = np.load(folder / "seed-4" / "noise.npz")
    back = noisy.copy()
    back[kept["rows"], kept["classes"]] = ~kept["added"]
    np.testing.assert_array_equal(back, clean)
    assert len(set(kept["rows"])) == 1000


def test_other_data_do_not_go_on(trained, tmp_path, capsys):
    """The options are the same, the files behind them are not."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    record = json.loads((copy / "run.json").read_text())
    words = [*trained[1], "--out", str(copy), "--resume"]
    for name, other in (("files", {"image": "x.mat"}), ("extra_terms", ["mine"])):
        (copy / "run.json").write_text(json.dumps({**record, name: other}))
        assert f"resume: got {name}" in complaint(capsys, "train", *words)
    sizes = {**record["sizes"], "image_dim": 7}
    (copy / "run.json").write_text(json.dumps({**record, "sizes": sizes}))
    assert "resume: got sizes" in complaint(capsys, "train", *words)
    assert "data: got sizes" in complaint(capsys, "evaluate", str(copy))


def test_options_changed_after_training_are_seen(trained, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    options = json.loads((copy / "experiment.json").read_text())
    (name,) = (k for k in options if k.endswith("hparams.margin"))
    (copy / "experiment.json").write_text(json.dumps({**options, name: 0.3}))
    for command in ("evaluate", "encode"):
        assert "changed after training" in complaint(capsys, command, str(copy))


def test_a_run_of_a_version_with_fewer_options_is_read(trained, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    options = json.loads((copy / "experiment.json").read_text())
    del options["training.moments"]
    (copy / "experiment.json").write_text(json.dumps(options))
    record = json.loads((copy / "run.json").read_text())
    record["digest"] = config.digest_of_record(options)
    (copy / "run.json").write_text(json.dumps(record))
    assert cli.main(["evaluate", str(copy)]) == 0
    assert "MAP" in capsys.readouterr().out


def test_a_folder_of_other_files_is_left_alone(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("dear")
    said = complaint(capsys, "train", SMOKE, "--out", str(tmp_path))
    assert "which holds other files" in said
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_lost_result_lines_are_named(trained, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    lines = copy / "seed-4" / "results.jsonl"
    lines.write_bytes(lines.read_bytes()[:300])
    said = complaint(capsys, "train", *trained[1], "--out", str(copy), "--resume")
    assert "resume: got 0 result lines of 6 saved epochs" in said


def test_a_full_disk_is_one_line(monkeypatch, capsys):
    def full(name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli.importlib, "import_module", full)
    assert "No space left on device" in complaint(capsys, "demo")


def test_damaged_result_lines_are_named(trained, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    (copy / "seed-4" / "results.jsonl").write_text("{\n{}\n")
    words = [*trained[1], "--out", str(copy), "--resume"]
    assert "with a line that is no JSON" in complaint(capsys, "train", *words)


def test_evaluate_on_request(trained, tmp_path, capsys):
    """Stable order, precision within radius 2, and the curve by radius."""
    curve = tmp_path / "curve.csv"
    words = ["evaluate", str(trained[0]), "--stable", "--curve", str(curve)]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "| MAP, stable order " in said
    assert "| precision within radius 2 " in said
    rows = [row.split(",") for row in curve.read_text().splitlines()]
    assert len(rows) == 1 + 2 * 2 * 33
    assert float(rows[33][4]) == 1.0, "all is found within all bits"
    assert "wanted a file that can be written" in complaint(
        capsys, *words[:-1], str(tmp_path / "no" / "curve.csv")
    )


def test_evaluate_gives_the_last_lines_again(trained, capsys):
    folder, _ = trained
    assert cli.main(["evaluate", str(folder), "--json"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in said:
        path = folder / f"seed-{line['seed']}" / "results.jsonl"
        last = json.loads(path.read_text().splitlines()[-1])
        ours = {way: line[way]["MAP"] for way in ("i2t", "t2i")}
        assert ours == {way: last[way] for way in ("i2t", "t2i")}
        assert line["average"] == last["average"]


def test_encode_own_data_and_a_file_agree(trained, tmp_path, capsys):
    from scbch_jax import data

    folder, _ = trained
    words = ["--part", "query", "--out", str(tmp_path / "own.npz")]
    assert cli.main(["encode", str(folder), *words]) == 0
    assert "image (300, 4)" in capsys.readouterr().out
    source = config.load(folder / "experiment.json").data
    query = data.load(source).dataset.query
    np.savez(tmp_path / "features.npz", pictures=query.image)
    words = ["--features", str(tmp_path / "features.npz"), "--image-key", "pictures"]
    out = tmp_path / "file.npz"
    assert cli.main(["encode", str(folder), *words, "--out", str(out)]) == 0
    own, file = np.load(tmp_path / "own.npz"), np.load(out)
    np.testing.assert_array_equal(own["image"], file["image"])
    np.testing.assert_array_equal(own["labels"], query.labels)
    assert file.files == ["image"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"other": np.ones((3, 2))}, "with other, wanted an array image or text"),
        ({"image": np.ones((3, 2))}, "image: got 2 columns, wanted 128"),
        ({"image": np.full((3, 128), np.nan)}, "image: got NaN or infinity in 3 rows"),
        ({"image": np.zeros((3, 128))}, "image: got only zeros"),
        ({"image": np.ones((0, 128))}, "image: got shape (0, 128)"),
        ({"image": np.array([["a"] * 128])}, "wanted real numbers"),
        ({"image": np.full((3, 128), 1e300)}, "image: got NaN or infinity in 3 rows"),
        (
            {"image": np.ones((3, 128)), "text": np.ones((4, 300))},
            "rows: got 3 of image, 4 of text",
        ),
    ],
)
def test_encode_refuses_bad_features(trained, tmp_path, capsys, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    words = ["--features", str(tmp_path / "bad.npz"), "--out", str(tmp_path / "o.npz")]
    assert message in complaint(capsys, "encode", str(trained[0]), *words)
    assert not (tmp_path / "o.npz").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "codes.txt"], "wanted a file ending in .npz"),
        (["--out", "no/such/codes.npz"], "wanted a file in a folder that exists"),
        (["--seed", "9"], "seed: got 9, wanted one of (4, 5)"),
        (["--features", "gone.npz"], "wanted a file that exists"),
    ],
)
def test_encode_refuses_bad_options(trained, capsys, words, message):
    assert message in complaint(capsys, "encode", str(trained[0]), *words)


def test_a_run_without_checkpoints_is_named(trained, tmp_path, capsys):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    shutil.rmtree(copy / "seed-4" / "checkpoints")
    assert "which has no checkpoint" in complaint(capsys, "encode", str(copy))
    (copy / "run.json").write_text("{}")
    assert "without the sizes" in complaint(capsys, "encode", str(copy))


def test_data_says_what_it_holds(capsys):
    assert (
        cli.main(["data", "show", "--planted.train", "50", "--planted.database", "60"])
        == 0
    )
    said = capsys.readouterr().out
    assert "| train    |   50 |" in said
    assert "jax" in sys.modules


def test_a_report_of_a_run(trained, tmp_path, capsys):
    """Figures of what the run left, and the page's path last."""
    out = tmp_path / "report"
    assert cli.main(["report", str(trained[0]), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "index.html")
    page = (out / "index.html").read_text()
    for title in ("Similarity of images and texts, epoch 6", "Images search texts"):
        assert title in page
    assert "2 runs on planted" in page
