"""The README's commands with only `--network` changed, and what they refuse."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import picture_folders
import pretrained
import pytest
from command_line import SMOKE, error_line
from conftest import ROOT
from serving import running

from scbch_jax import encoder, extras, features
from scbch_jax.cli import program
from scbch_jax.data import store
from scbch_jax.features.pretrained import pretrained_named
from scbch_jax.index import Index


def run(words, code=0):
    assert program.main(words.split()) == code


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Pictures, networks, and of CLIP a store, a run and an index."""
    pretrained.require()
    folder = tmp_path_factory.mktemp("made")
    before = os.getcwd()
    os.chdir(folder)
    try:
        picture_folders.draw(folder / "pictures", count=24)
        pretrained.clip(folder / "clip")
        pretrained.vit(folder / "vit")
        pretrained.bert(folder / "bert")
        run("features all pictures --network clip --queries 4 --out store")
        small = "--training.epochs 2 --bits 32 --options.hidden 8 --options.neighbors 3"
        of_store = "--data.name store --data.root store --noise.kind none"
        run(f"train {SMOKE} {of_store} {small} --out run")
        run("index build run pictures --relaxed --out index")
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def there(made, tmp_path, monkeypatch, capsys):
    """A folder with all of it."""
    monkeypatch.chdir(tmp_path)
    for path in made.iterdir():
        (tmp_path / path.name).symlink_to(path)
    capsys.readouterr()
    return tmp_path


def test_a_folder_to_a_store_a_model_an_index_and_a_search(made, there, capsys):
    found = store.read(made / "store")
    files = features.read_files(made / "clip")
    both = {"image": files.name, "text": files.name}
    assert store.extractors(found) == both
    assert found.source["network"] | {"versions": None} == {
        "asked for": "clip",
        "folder": str(made / "clip"),
        "revision": "",
        "weights sha256": files.weights,
        "versions": None,
    }
    assert not (made / "store.model").exists()
    assert not list(made.glob("*.partial"))
    run("evaluate run")
    run("encode run --out codes.npz")
    run("data show --name store --root store")
    said = capsys.readouterr().out
    assert f"features: images and texts by {files.name}; the network is clip, " in said
    opened = encoder.open_encoder(made / "index")
    assert opened.extractors == both
    assert opened.takes == ("image", "text")
    texts = opened.texts(["A red square", "🐶"])
    assert texts.unknown_words == [[], []]
    run("search index --text red --k 3")
    run("search index --picture pictures/003.png --find text --k 3")
    assert "003.png" in capsys.readouterr().out
    with pytest.raises(ValueError, match="text: got ' ', without a word"):
        opened.texts([" "])


def test_one_input_has_one_code_by_every_way(there):
    """By features and encode, in an index, and by its encoder, of a moved network."""
    run("features images pictures --network clip --out image.npz")
    run("features texts pictures --network clip --out text.npz")
    (part,) = Index(there / "index").segments
    opened = encoder.open_encoder(there / "index", weights=there / "clip")
    picture = opened.read_picture(there / "pictures" / "003.png")
    text = (there / "pictures" / "003.txt").read_text()
    for modality, code in (
        ("image", opened.pictures([picture])),
        ("text", opened.texts([text])),
    ):
        run(f"encode run --features {modality}.npz --out {modality}-codes.npz")
        written = np.load(f"{modality}-codes.npz")
        assert written["encoder"][0] == opened.id
        np.testing.assert_array_equal(written[modality], part.codes[modality])
        np.testing.assert_array_equal(code.codes[0], written[modality][3])


def test_an_index_of_such_a_network_is_served(made, there):
    """Words and pictures over HTTP have the codes of the index; none is unknown."""
    opened = Index(made / "index")
    row = opened.record(3)
    content = (there / "pictures" / row["picture"]).read_bytes()
    with running(made / "index", encoder=encoder.open_encoder(made / "index")) as raw:
        of = raw.ask("POST", "/v1/encode/picture", content, Content_Type="image/png")
        assert of.json["code"] == opened.code(3, "image").tobytes().hex()
        words = raw.post("/v1/encode", {"text": row["text"]}).json
        assert words["code"] == opened.code(3, "text").tobytes().hex()
        by_words = raw.search(text=row["text"], find="any", k=9, rank="bits")
        assert (
            by_words["hits"] == raw.search(item=3, by="text", find="any", k=9)["hits"]
        )
        assert raw.get("/v1/search?text=qwertz").json["unknown_words"] == []
        assert raw.get("/v1/search?text=+").status == 422
        assert "<img src=" in raw.get("/?text=red").body.decode()
        assert sorted(raw.get("/v1/index").json["takes"]) == ["image", "text"]
    run("search index --text red --k 3 --page found.html")
    assert "data:image/" in (there / "found.html").read_text()


def test_a_lost_network_is_asked_for(made, there, capsys):
    """Where neither the noted folder nor --weights has it, one line says what to do."""
    (there / "clip").unlink()
    (made / "clip").rename(made / "elsewhere")
    try:
        line = error_line(capsys, "index", "build", "run", "pictures", "--out", "new")
        assert "weights: got none, wanted --weights F" in line
        pretrained_named.cache_clear()
        line = error_line(capsys, "search", "index", "--text", "red")
        assert "wanted --weights FOLDER, as transformers clip" in line
        run("serve index --port 0", code=2)
        line = capsys.readouterr().err.splitlines()[-1]
        assert "wanted --weights FOLDER, as transformers clip" in line
        run(f"search index --text red --weights {made / 'elsewhere'}")
    finally:
        (made / "elsewhere").rename(made / "clip")


def test_a_copied_network_is_used_and_a_changed_one_refused(made, there, capsys):
    run("index build run pictures --copy-weights --out copied")
    shutil.copytree(made / "clip", there / "moved")
    copied = encoder.open_encoder(there / "copied")
    assert copied.weights == there / "copied" / "encoder" / "network"
    copied.self_check()
    other = pretrained.clip(there / "other", seed=1)
    run(f"search index --text red --weights {there / 'moved'}")
    capsys.readouterr()
    line = error_line(
        capsys, "search", "index", "--text", "red", "--weights", str(other)
    )
    assert f"weights: got {other}: transformers clip, files " in line
    words = ["features", "images", "pictures", "--network", "other", "--out", "a.npz"]
    assert program.main(words) == 0
    capsys.readouterr()
    words = ["encode", "run", "--features", "a.npz", "--out", "b.npz"]
    assert "image: got features of transformers clip" in error_line(capsys, *words)


def test_an_image_encoder_with_words_and_a_sentence_encoder(there):
    run("features all pictures --network vit --out seen")
    found = store.read(there / "seen")
    assert found.image.shape == (24, 16)
    assert found.source["texts"].startswith("bag of words")
    assert (there / "seen.model").is_dir()
    run("features texts pictures --network bert --out text.npz")
    assert np.load("text.npz")["text"].shape == (24, 16)
    run("features all pictures --network clip --kind words --out words")
    assert store.read(there / "words").text.shape[1] != 12


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("texts pictures --network vit", "vit, which has no text features"),
        (
            "all pictures --network vit --kind network",
            "vit, which has no text features",
        ),
        ("images pictures --network bert", "bert, which has no image features"),
        ("all pictures --network bert", "bert, which has no image features"),
        ("images pictures --network empty", "network: got empty without config.json"),
        ("images pictures --network clip --weights x", "weights: got x, wanted none"),
        ("images pictures --network clip --mixed", "mixed: got True, wanted a GPU"),
        ("texts pictures --network clip --model x", "model: got x, wanted none"),
        ("texts pictures --network clip --kind words", "kind: got words, wanted none"),
        ("texts pictures --kind network", "network: got none, wanted a folder"),
        ("texts pictures --mixed", "network: got none, wanted a folder"),
        ("all pictures --network descriptor --kind network", "kind: got network, want"),
        (
            "images pictures --network descriptor --mixed",
            "mixed: got True, wanted full",
        ),
    ],
)
def test_bad_input_is_one_line(there, capsys, words, message):
    (there / "empty").mkdir()
    assert message in error_line(capsys, "features", *words.split(), "--out", "new.npz")
    assert not (there / "new.npz").exists()


def test_a_picture_that_cannot_be_read_is_named(there, capsys):
    (there / "bad").mkdir()
    (there / "bad" / "a.png").write_bytes(b"\x89PNG\r\n")
    run("features images bad --network clip --out new.npz", code=2)
    line = capsys.readouterr().err.splitlines()[-1]
    assert "pictures: got 1 that cannot be read: bad/a.png (" in line
    assert not (there / "new.npz").exists()


def test_where_the_packages_are_missing_one_line_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(extras, "is_installed", lambda name: False)
    monkeypatch.chdir(picture_folders.draw(tmp_path / "pictures", count=2))
    words = ["features", "images", ".", "--network", ".", "--out", "../a.npz"]
    (tmp_path / "pictures" / "config.json").write_text("{}")
    line = error_line(capsys, *words)
    assert "needs transformers: pip install 'scbch_jax[encoders]'" in line
    line = error_line(capsys, "features", "images", ".", "--network", "vgg16")
    assert "network: got vgg16, which is not a folder, wanted vgg19, descriptor" in line


@pytest.mark.slow
@pytest.mark.commands
def test_the_commands_of_the_readme_with_another_network(there):
    """From pictures to a search, with nothing changed but what `--network` names."""
    (there / "configs").symlink_to(ROOT / "configs")
    lines = (ROOT / "README.md").read_text().splitlines()
    words = [x.removeprefix("bin/scbch ") for x in lines if x.startswith("bin/scbch ")]
    own = [x for x in words if "captioned" in x]
    assert [x.split()[0] for x in own[:3]] == ["features", "train", "encode"]
    assert "--network descriptor" in own[0]
    for line in [own[0].replace("--network descriptor", "--network clip"), *own[1:]]:
        assert program.main(shlex.split(line)) == 0
    run("evaluate runs/captioned")
    assert np.load("captioned-codes.npz")["image"].dtype == np.uint8


@pytest.mark.slow
@pytest.mark.commands
@pytest.mark.parametrize("at", ["pictures", "texts"])
def test_a_killed_call_goes_on_to_the_same_bits(made, tmp_path, at):
    """A process that is killed while it computes features of pictures or of texts."""
    listed = tmp_path / "list.csv"
    rows = [f"{i % 24:03d}.png,dog {i},a;b" for i in range(400)]
    listed.write_text("\n".join(["picture,text,labels", *rows]))
    words = ["features", "all", listed, "--root", made / "pictures"]
    words = [*map(str, words), "--network", str(made / "clip"), "--batch-size", "8"]
    assert program.main([*words, "--out", str(tmp_path / "whole")]) == 0
    command = [sys.executable, "-m", "scbch_jax.cli", *words, "--out"]
    path = os.pathsep.join([str(ROOT), *sys.path])
    process = subprocess.Popen(
        [*command, str(tmp_path / "out")], env={**os.environ, "PYTHONPATH": path}
    )
    cache = "out.partial" if at == "pictures" else "out.texts.partial"
    done = tmp_path / cache / "done.jsonl"
    while not done.is_file() or done.read_text().count("\n") < 3:
        assert process.poll() is None, "it ended before it could be stopped"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out").exists()
    assert program.main([*words, "--out", str(tmp_path / "out")]) == 0
    assert store.read(tmp_path / "out").sums == store.read(tmp_path / "whole").sums
    assert not list(tmp_path.glob("*.partial"))
