"""Run folders as train writes them, with results that a test makes up."""

import json

import numpy as np

from scbch_jax import results
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.results import Confidence, EpochResult, RetrievalScore

VERSIONS = {"scbch_jax": "0.1.0", "jax": "0.10.2"}


def result(seed, epoch, average, held_out=None, entries=None):
    return EpochResult(
        seed=seed,
        epoch=epoch,
        losses={"attraction": 1.0 / epoch, "quantization": 0.5, "total": 1.5 / epoch},
        confidence=Confidence(0.9, 0.7, roc_auc=0.8, entries_roc_auc=entries),
        retrieval=score(average),
        held_out=None if held_out is None else score(held_out),
        seconds=0.5,
    )


def score(average):
    return RetrievalScore(average + 0.01, average - 0.01, average)


def write_run(
    folder, experiment: Experiment, averages, *, files=None, held_out=None, entries=None
):
    """A run whose seeds have these averages, epoch by epoch, also of held-out rows."""
    folder.mkdir(parents=True)
    experiment_file.save(experiment, folder / "experiment.json")
    sizes = {"image_dim": 8, "text_dim": 8, "classes": 4, "samples": 20, "bits": 8}
    provenance = {
        "sizes": sizes,
        "extra_terms": [],
        "data": experiment.data.name,
        "files": files or {},
        "device": "cpu",
        "python": "3.11.7",
        "versions": VERSIONS,
    }
    (folder / "run.json").write_text(json.dumps(provenance), encoding="utf-8")
    unknown = [[None] * len(values) for values in averages]
    pairs = [
        list(zip(*both, strict=True))
        for both in zip(averages, held_out or unknown, strict=True)
    ]
    for seed, values in zip(experiment.seeds, pairs, strict=True):
        part = folder / f"seed-{seed}"
        part.mkdir()
        found = [
            result(seed, epoch, *both, entries=entries)
            for epoch, both in enumerate(values, 1)
        ]
        results.write_results(part / "results.jsonl", found)
    return folder


def write_search(seed_folder, epoch=1):
    """A trace of searches: two queries, of six items that each finds, six classes."""
    rng = np.random.default_rng(0)
    labels = (rng.random((2, 6)) < 0.4).astype(np.uint8)
    trace = {"query_labels": labels, "queries": np.arange(2), "database_start": 2}
    for direction in ("i2t", "t2i"):
        trace |= {
            f"precision_{direction}": np.linspace(0.9, 0.3, 20),
            f"recall_{direction}": np.linspace(0, 1, 20),
            f"items_{direction}": np.arange(12).reshape(2, 6),
            f"distances_{direction}": np.arange(12).reshape(2, 6),
            f"labels_{direction}": (rng.random((2, 6, 6)) < 0.4).astype(np.uint8),
        }
    (seed_folder / "traces").mkdir(exist_ok=True)
    np.savez(seed_folder / "traces" / f"epoch-{epoch:04d}.npz", **trace)
    return trace
