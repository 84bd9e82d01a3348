"""Run folders as train writes them, with result lines that a test makes up."""

import json

from scbch_jax.config import Experiment, experiment_file

VERSIONS = {"scbch_jax": "0.1.0", "jax": "0.10.2"}


def line(seed, epoch, average, **more):
    return {
        "seed": seed,
        "epoch": epoch,
        "attraction": 1.0 / epoch,
        "quantization": 0.5,
        "total": 1.5 / epoch,
        "confidence_clean": 0.9,
        "confidence_noisy": 0.7,
        "confidence_roc": 0.8,
        "i2t": average + 0.01,
        "t2i": average - 0.01,
        "average": average,
        "seconds": 0.5,
        **more,
    }


def write_run(folder, plan: Experiment, averages, *, files=None):
    """A run whose seeds have these averages, epoch by epoch."""
    folder.mkdir(parents=True)
    experiment_file.save(plan, folder / "experiment.json")
    about = {
        "sizes": {
            "image_dim": 8,
            "text_dim": 8,
            "classes": 4,
            "samples": 20,
            "bits": 8,
        },
        "extra_terms": [],
        "data": plan.data.name,
        "files": files or {},
        "device": "cpu",
        "python": "3.11.7",
        "versions": VERSIONS,
    }
    (folder / "run.json").write_text(json.dumps(about))
    for seed, values in zip(plan.seeds, averages, strict=True):
        part = folder / f"seed-{seed}"
        part.mkdir()
        lines = [line(seed, epoch, v) for epoch, v in enumerate(values, 1)]
        text = "".join(json.dumps(x) + "\n" for x in lines)
        (part / "results.jsonl").write_text(text)
    return folder
