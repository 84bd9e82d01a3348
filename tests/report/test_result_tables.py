"""The paper's tables, rebuilt by hand from the records that they are made of."""

import csv
import json
import statistics
from pathlib import Path

import pytest
from made_runs import write_run

from scbch_jax.config import Data, Experiment, Noise, Training, scbch
from scbch_jax.report import published_results, result_tables, runs, tables, titles

VGG, MOBILE = {"image": "vgg.npz"}, {"image": "mobilenet.npz"}


def experiment(rate=0.5, bits=64, seeds=(0, 1), **options):
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=rate),
        bits=bits,
        options=scbch.Options(**options),
        training=Training(epochs=3),
        seeds=seeds,
    )


def tables_of(*folders):
    groups = runs.group_by_setting(runs.read_runs(folders))
    return {
        t.name: t for t in result_tables.paper_tables(result_tables.settings_of(groups))
    }


def cells(found, block, row):
    """The texts of a row that are not empty, by column."""
    (block,) = (b for b in found.blocks if b.title.startswith(block))
    (row,) = (r for r in block.rows if r.name == row)
    heads = [f"{g}, {c}" for g, columns in found.column_groups for c in columns]
    return {h: c.text for h, c in zip(heads, row.cells, strict=True) if c.text}


@pytest.fixture
def two(tmp_path):
    first = write_run(
        tmp_path / "a", experiment(), [[0.5, 0.75, 0.7], [0.5, 0.7, 0.72]], files=MOBILE
    )
    second = write_run(
        tmp_path / "b",
        experiment(rate=0.2, seeds=(0,)),
        [[0.5, 0.8, 0.81]],
        files=MOBILE,
    )
    return first, second


def test_numbers_are_means_of_results(two):
    """Worked out here from the files, not by the package."""
    found = tables_of(*two)["map-mirflickr"]
    by_seed = [
        [
            json.loads(line)["retrieval"]["average"]
            for line in path.read_text().splitlines()
        ]
        for path in sorted(two[0].glob("seed-*/results.jsonl"))
    ]
    for which, pick in (("last epoch", lambda v: v[-1]), ("best epoch (", max)):
        values = [100 * pick(values) for values in by_seed]
        mean, std = statistics.fmean(values), statistics.stdev(values)
        assert cells(found, f"this package, {which}", "SCBCH") == {
            "20 % noise, 64 bits": "81.0",
            "50 % noise, 64 bits": f"{mean:.1f} ± {std:.1f}",
        }


def test_every_number_names_its_result(two):
    found = tables_of(*two)["map-mirflickr"]
    rows = list(csv.DictReader(tables.sources_csv(found).splitlines()))
    assert len(rows) == 6, "two blocks of three runs"
    for row in rows:
        path = f"{row['run']}/seed-{row['seed']}/results.jsonl"
        lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
        (line,) = (x for x in lines if x["epoch"] == int(row["epoch"]))
        assert line["retrieval"]["average"] == float(row["value"])


def test_published_results_have_a_block_of_their_own(two):
    found = tables_of(*two)["map-mirflickr"]
    titles = [block.title for block in found.blocks]
    assert titles[0] == "published, best epoch; VGG19 features"
    assert all("this package" in t and "mobilenet.npz" in t for t in titles[1:])
    assert cells(found, "published", "SCBCH 2025")["50 % noise, 64 bits"] == "78.6"
    assert len(cells(found, "published", "DJSRH 2019")) == 12


def test_features_are_not_mixed(tmp_path):
    folders = [
        write_run(
            tmp_path / name,
            experiment(seeds=(0,)),
            [[0.1, 0.2, value]],
            files=experiment_file,
        )
        for name, experiment_file, value in (("a", VGG, 0.5), ("b", MOBILE, 0.6))
    ]
    found = tables_of(*folders)["map-mirflickr"]
    for name, value in (("vgg.npz", "50.0"), ("mobilenet.npz", "60.0")):
        shown = cells(
            found, f"this package, last epoch; image features: {name}", "SCBCH"
        )
        assert shown == {"50 % noise, 64 bits": value}


def test_other_options_get_a_row_of_their_own(tmp_path):
    folders = [
        write_run(
            tmp_path / str(hidden),
            experiment(seeds=(0,), hidden=hidden),
            [[0.1, 0.2, hidden / 1000]],
        )
        for hidden in (100, 200)
    ]
    found = tables_of(*folders)["map-mirflickr"]
    for hidden in (100, 200):
        shown = cells(found, "this package, last", f"SCBCH, hidden {hidden}")
        assert shown == {"50 % noise, 64 bits": f"{hidden / 10:.1f}"}


def test_what_is_not_finished_stays_empty(tmp_path):
    folder = write_run(tmp_path / "a", experiment(), [[0.5, 0.6], [0.5, 0.6, 0.7]])
    found = tables_of(folder)["map-mirflickr"]
    shown = cells(found, "this package, last", "SCBCH")
    assert shown == {"50 % noise, 64 bits": "70.0 (1 of 2)"}
    none = write_run(tmp_path / "b", experiment(rate=0.2), [[0.5], []])
    found = tables_of(none)["map-mirflickr"]
    assert cells(found, "this package, last", "SCBCH") == {}


def test_ablations_are_table_three(tmp_path):
    folders = [
        write_run(
            tmp_path / str(i), experiment(seeds=(0,), drop=drop), [[0.1, 0.2, i / 10]]
        )
        for i, drop in enumerate(scbch.ABLATIONS.values(), 1)
    ]
    found = tables_of(*folders)["ablations"]
    names = [row.name for row in found.blocks[-1].rows]
    assert names == [*list(scbch.ABLATIONS)[1:], "SCBCH"], "the full method last"
    shown = cells(found, "this package at 64 bits, last", "SCBCH-2, no contrast")
    assert shown == {"MIRFlickr-25K, 50 % noise": "30.0"}
    expected = cells(found, "published at 64 bits", "SCBCH-2")
    assert expected["MS-COCO, 80 % noise"] == "36.0"


def test_data_that_the_paper_lacks_have_no_published_block(tmp_path):
    own = Experiment(training=Training(epochs=1))
    found = tables_of(write_run(tmp_path / "a", own, [[0.4]]))["map-planted"]
    assert all(block.title.startswith("this package") for block in found.blocks)


def test_the_published_tables_are_complete():
    results, ablations = published_results.results(), published_results.ablations()
    assert len(results) == 13 * 4 * 3 * 4
    assert len(ablations) == 5 * 2 * 3
    assert len({(p.data, p.method, p.rate, p.bits) for p in results}) == 624
    actual = {(p.data, p.rate): p.percent for p in ablations if p.method == "SCBCH"}
    for p in results:
        if p.method == "SCBCH 2025" and p.bits == 64 and (p.data, p.rate) in actual:
            assert p.percent == actual[p.data, p.rate], "the paper agrees with itself"


def test_best_and_second_are_marked_as_printed():
    def row(name, *values):
        return tables.Row(name, tuple(tables.Cell(f"{v}", v) for v in values))

    empty = tables.Row("d", (tables.Cell(),) * 3)
    rows = (row("a", 1.0, 5.0, 2.0), row("b", 3.0, 5.0, 9.0), row("c", 2.0, 4.0, 9.1))
    marked = tables.mark_best(tables.Block("", (*rows, empty)))
    marks = [[cell.mark for cell in row.cells] for row in marked.rows]
    assert marks == [
        ["", "best", ""],
        ["best", "best", "second"],
        ["second", "", "best"],
        ["", "", ""],
    ]


def test_a_value_alone_is_not_the_best():
    alone = tables.Block("", (tables.Row("a", (tables.Cell("1", 1.0),)),))
    assert tables.mark_best(alone) == alone


@pytest.mark.parametrize(
    ("noise", "rate"), [(Noise("none", 0.5), 0.0), (Noise("swap", 0.2), 0.2)]
)
def test_without_noise_the_rate_is_none(noise, rate):
    from scbch_jax.config import experiment_file

    assert titles.noise_rate(experiment_file.flatten(Experiment(noise=noise))) == rate
