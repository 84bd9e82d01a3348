from scbch_jax.cli import progress
from scbch_jax.results import EpochResult

LINE = {
    "seed": 0,
    "epoch": 3,
    "total": 2.5,
    "confidence_clean": 0.9,
    "confidence_noisy": 0.7,
    "confidence_roc": 0.8,
    "i2t": 0.61,
    "t2i": 0.63,
    "average": 0.62,
    "seconds": 1.25,
}


def test_results_show_last_and_best_and_their_mean():
    better = {**LINE, "epoch": 2, "i2t": 0.71, "average": 0.67}
    other = {**LINE, "seed": 1, "i2t": 0.65, "average": 0.64}
    results = map(EpochResult.from_json, (better, LINE, other))
    table = progress.results_table(results, (0, 1)).splitlines()
    assert table[2].split() == [
        "|",
        "seed",
        "0,",
        "last",
        "epoch",
        "|",
        "3",
        "|",
        "61.0",
        "|",
        "63.0",
        "|",
        "62.0",
        "|",
        "0.800",
        "|",
    ]
    assert table[3].split() == [
        "|",
        "seed",
        "0,",
        "best",
        "epoch",
        "|",
        "2",
        "|",
        "71.0",
        "|",
        "63.0",
        "|",
        "67.0",
        "|",
        "0.800",
        "|",
    ]
    assert table[6].split() == [
        "|",
        "mean,",
        "last",
        "epoch",
        "|",
        "-",
        "|",
        "63.0",
        "|",
        "63.0",
        "|",
        "63.0",
        "|",
        "0.800",
        "|",
    ]
