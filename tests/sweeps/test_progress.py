from scbch_jax.report.titles import differing_options
from scbch_jax.sweeps.progress import Entry, grid


def options(name, rate, bits, margin=0.1, drop=(), seed=0):
    return {
        "data.name": name,
        "data.root": f"/{seed}",
        "noise.rate": rate,
        "bits": bits,
        "hparams.margin": margin,
        "options.drop": list(drop),
        "seeds": [seed],
    }


def rows(table):
    return [
        [c.strip() for c in line.split("|")[1:-1]]
        for i, line in enumerate(table.splitlines())
        if i != 1
    ]


def test_rows_are_named_by_the_options_that_identify_them():
    """The margin follows from the dataset, so it is left out."""
    entries = [
        Entry(options(name, rate, bits, margin), rate + bits / 100)
        for name, margin in (("a", 0.1), ("b", 0.2))
        for rate in (0.2, 0.5)
        for bits in (16, 32)
    ]
    found = rows(grid(entries))
    assert found[0] == ["data.name", "noise.rate", "16 bits", "32 bits"]
    assert found[1:3] == [["a", "0.2", "36.0", "52.0"], ["a", "0.5", "66.0", "82.0"]]
    assert len(found) == 5


def test_seeds_are_averaged_and_missing_ones_are_counted():
    finished = [Entry(options("a", 0.2, 16, seed=s), v) for s, v in enumerate([0.5, 1])]
    open_ = [Entry(options("a", 0.2, b, seed=2), None) for b in (16, 32)]
    failed = [Entry(options("a", 0.5, 16), None, failed=True)]
    found = rows(grid([*finished, *open_, *failed]))
    assert found[1] == ["0.2", "75.0 ± 35.4 (2 of 3)", ""]
    assert found[2] == ["0.5", "1 failed", "-"], "32 bits are no part of the sweep"


def test_lists_and_single_rows_have_names():
    entries = [Entry(options("a", 0.5, 16, drop=d), 0.1) for d in ((), ("x", "y"))]
    assert [row[0] for row in rows(grid(entries))] == ["options.drop", "-", "x, y"]
    assert rows(grid(entries[:1])) == [["noise.rate", "16 bits"], ["0.5", "10.0"]]


def test_an_option_that_only_some_runs_have_names_their_rows():
    """Methods differ in their options; the others have none to name."""
    actual = [{**options("a", 0.5, 16, drop=d), "method": "m"} for d in ((), ("x",))]
    other = {k: v for k, v in actual[0].items() if k != "options.drop"} | {
        "method": "n"
    }
    found = rows(grid([Entry(record, 0.1) for record in (*actual, other)]))
    assert found[0] == ["options.drop", "method", "16 bits"]
    assert [row[:2] for row in found[1:]] == [["-", "m"], ["x", "m"], ["-", "n"]]


def test_seeds_and_roots_are_no_settings():
    runs = [options("a", 0.2, 16, seed=0), options("a", 0.2, 32, seed=1)]
    assert differing_options(runs) == ["bits"]
