"""Ours beside published values, one line a method."""

import dataclasses

import pytest
from conftest import ROOT
from made_runs import write_run

from scbch_jax.config import Data, Noise, Training, defaults_of, experiment_file
from scbch_jax.report import result_tables, runs
from scbch_jax.report.comparison import comparison_tables


def made(folder, method, rate, averages, data="mirflickr", **changes):
    given = dataclasses.replace(
        defaults_of(method),
        data=Data(data),
        noise=Noise("published" if data == "mirflickr" else "swap", rate=rate),
        training=Training(epochs=len(averages)),
        **changes,
    )
    return write_run(folder, given, [averages], files={"image": "vgg.npz"})


def tables_of(*folders):
    groups = runs.group_by_setting(runs.read_runs(folders))
    return comparison_tables(result_tables.settings_of(groups))


def rows(table):
    (block,) = table.blocks
    return {row.name: [cell.text for cell in row.cells] for row in block.rows}


def test_reconstructions_stand_beside_what_they_reconstruct(tmp_path):
    """Their published values are those of the paper's Table 2."""
    (table,) = tables_of(
        made(tmp_path / "a", "djsrh", 0.5, [0.7, 0.6]),
        made(tmp_path / "b", "pip_like", 0.5, [0.6, 0.64]),
        made(tmp_path / "c", "ltcmh_like", 0.5, [0.5]),
        made(tmp_path / "d", "ltcmh_like", 0.2, [0.4]),
        made(tmp_path / "e", "robust", 0.5, [0.8]),
    )
    assert rows(table) == {
        "DJSRH": ["65.2", "", "", "65.2", "70.0", "60.0"],
        "pip_like (reconstruction)": ["69.3", "", "", "69.3", "64.0", "64.0"],
        "ltcmh_like (reconstruction)": ["75.7", "40.0", "40.0", "73.9", "50.0", "50.0"],
        "robust": ["", "", "", "", "80.0", "80.0"],
    }
    assert [title for title, _ in table.column_groups] == [
        "20 % noise, 64 bits",
        "50 % noise, 64 bits",
    ]


@pytest.mark.parametrize(
    ("method", "rate", "changes"),
    [
        ("djsrh", 0.5, {"data": "planted"}),
        ("robust", 0.5, {}),
        ("djsrh", 0.4, {}),
        ("djsrh", 0.5, {"bits": 8}),
    ],
)
def test_what_the_paper_does_not_have_is_left_out(tmp_path, method, rate, changes):
    assert tables_of(made(tmp_path / "a", method, rate, [0.7], **changes)) == []


def test_every_method_of_the_paper_has_a_line_in_the_sweep_of_methods(tmp_path):
    """No cell is empty but those of robust, which is not the paper's."""
    folders = []
    for i, plan in enumerate(
        experiment_file.load_sweep(ROOT / "configs" / "sweeps" / "methods.py")
    ):
        short = dataclasses.replace(plan, training=Training(epochs=1))
        folders.append(write_run(tmp_path / str(i), short, [[0.5]]))
    (table,) = tables_of(*folders)
    found = rows(table)
    assert len(found.pop("robust")) == 9
    assert len(found) == 13
    assert all(len(cells) == 9 and all(cells) for cells in found.values())
