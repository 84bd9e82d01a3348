"""Figures of a run that has ended: on request, again, and as a page."""

import json
import os
import shutil

from command_line import error_line

from scbch_jax.cli import program
from scbch_jax.config import experiment_file


def test_evaluate_on_request(trained, tmp_path, capsys):
    """Stable order, precision within radius 2, and the curve by radius."""
    curve = tmp_path / "curve.csv"
    words = ["evaluate", str(trained[0]), "--stable", "--curve", str(curve)]
    assert program.main(words) == 0
    said = capsys.readouterr().out
    assert "| MAP, stable order " in said
    assert "| precision within radius 2 " in said
    rows = [row.split(",") for row in curve.read_text().splitlines()]
    assert len(rows) == 1 + 2 * 2 * 33
    assert float(rows[33][4]) == 1.0, "all is found within all bits"
    gone = str(tmp_path / "no" / "curve.csv")
    message = f"curve: got {gone}, wanted a file in a folder that exists"
    assert message in error_line(capsys, *words[:-1], gone)


def test_a_pipe_as_output_is_written_to_and_kept(trained, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    words = ["evaluate", str(trained[0]), "--resamples", "0", "--csv", str(pipe)]
    assert program.main(words) == 0
    got = os.read(reader, 10_000).decode()
    os.close(reader)
    assert got.startswith("source,direction,metric,value\n4,i2t,MAP,")
    assert pipe.is_fifo()


def test_evaluate_gives_the_last_lines_again(trained, capsys):
    folder, _ = trained
    assert program.main(["evaluate", str(folder), "--json"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in said:
        path = folder / f"seed-{line['seed']}" / "results.jsonl"
        last = json.loads(path.read_text().splitlines()[-1])["retrieval"]
        actual = {way: line[way]["MAP"] for way in ("i2t", "t2i")}
        assert actual == {way: last[way] for way in ("i2t", "t2i")}
        assert line["average"] == last["average"]


def test_a_sample_of_the_queries_has_the_values_of_these_queries(
    trained, tmp_path, capsys
):
    values = []
    for words in ([], ["--sample", "7"]):
        out = str(tmp_path / f"{len(values)}.csv")
        call = ["evaluate", str(trained[0]), "--resamples", "9", "--queries", out]
        assert program.main([*call, *words]) == 0
        values.append((tmp_path / f"{len(values)}.csv").read_text().splitlines())
    every, some = map(set, values)
    assert some < every
    assert len({line.split(",")[2] for line in some}) == 1 + 7
    said = capsys.readouterr().out
    assert ": 7 queries," in said
    assert "| MAP, 95 % from (%)" in said
    message = "sample: got 999, wanted at most the 300 queries"
    assert message in error_line(capsys, *call, "--sample", "999")


def test_ranks_add_measures_below_and_change_none(trained, tmp_path, capsys):
    """Of a run, and of the files that it encodes: the same numbers."""
    words = ["--resamples", "0", "--json"]
    assert program.main(["evaluate", str(trained[0]), *words]) == 0
    plain = json.loads(capsys.readouterr().out.splitlines()[0])
    ranked = [*words, "--rank", "query", "both", "--pool", "40"]
    assert program.main(["evaluate", str(trained[0]), *ranked]) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    added = [
        "NDCG@10, ranked by bits",
        "MAP, pool ranked by query",
        "NDCG@10, pool ranked by query",
        "MAP, pool ranked by both",
        "NDCG@10, pool ranked by both",
    ]
    for way in ("i2t", "t2i"):
        assert list(line[way]) == [*plain[way], *added]
    sides = {}
    for part in ("query", "database"):
        sides[part] = str(tmp_path / f"{part}.npz")
        out = ["--relaxed", "--part", part, "--out", sides[part]]
        assert program.main(["encode", str(trained[0]), *out]) == 0
    capsys.readouterr()
    assert program.main(["evaluate", *sides.values(), *ranked]) == 0
    of_files = json.loads(capsys.readouterr().out)
    for way in ("i2t", "t2i"):
        assert of_files[way] == line[way]
        for name in added:
            del line[way][name]
    assert line == plain


def test_options_changed_after_training_are_seen(trained, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    options = json.loads((copy / "experiment.json").read_text())
    (name,) = (k for k in options if k.endswith("hparams.margin"))
    (copy / "experiment.json").write_text(json.dumps({**options, name: 0.3}))
    for command in ("evaluate", "encode"):
        assert "changed after training" in error_line(capsys, command, str(copy))


def test_a_run_of_a_version_with_fewer_options_is_read(trained, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(trained[0], copy)
    options = json.loads((copy / "experiment.json").read_text())
    del options["training.moments"]
    (copy / "experiment.json").write_text(json.dumps(options))
    record = json.loads((copy / "run.json").read_text())
    record["digest"] = experiment_file.digest_of_saved(options)
    (copy / "run.json").write_text(json.dumps(record))
    assert program.main(["evaluate", str(copy)]) == 0
    assert "MAP" in capsys.readouterr().out


def test_a_report_of_a_run(trained, tmp_path, capsys):
    """Figures of what the run left, and the page's path last."""
    out = tmp_path / "report"
    assert program.main(["report", str(trained[0]), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "index.html")
    page = (out / "index.html").read_text()
    for title in ("Similarity of images and texts, epoch 6", "Images search texts"):
        assert title in page
    assert "2 runs on planted" in page
