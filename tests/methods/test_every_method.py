"""Properties of every method: small whole runs, finite losses, short modules."""

import ast
import inspect
import re
from typing import get_args

import jax
import numpy as np
import pytest
from conftest import ROOT

from scbch_jax import runs
from scbch_jax.config import (
    Data,
    Experiment,
    Planted,
    Training,
    cirh,
    cmmq,
    cpah,
    dgcpn,
    dhrl,
    djsrh,
    ltcmh_like,
    mian,
    nrch,
    pip_like,
    robust,
    rshnl,
    scbch,
    ucch,
)
from scbch_jax.config.experiment import METHOD_OPTIONS, MethodName
from scbch_jax.errors import Interrupted
from scbch_jax.methods.base import check_full_batch
from scbch_jax.methods.recipe import METHODS

DATA = Data(planted=Planted(train=600, queries=100, database=800, clutter=1.0))
EXPERIMENTS = {
    "ucch": {
        "options": ucch.Options(hidden=128, negatives=128),
        "hparams": ucch.HParams(learning_rate=1e-3, contrast_weight=0.7, shift=0.1),
        "training": Training(epochs=8, batch_size=100),
    },
    "dgcpn": {
        "options": dgcpn.Options(hidden=128, neighbors=100, scale=200.0),
        "hparams": dgcpn.HParams(),
        "training": Training(epochs=5, batch_size=32),
    },
    "dhrl": {
        "options": dhrl.Options(
            hidden=128, text_hidden=128, width=32, layers=1, dropout=0.0, kept=45
        ),
        "hparams": dhrl.HParams(),
        "training": Training(epochs=5, batch_size=50),
    },
    "djsrh": {
        "options": djsrh.Options(hidden=128),
        "hparams": djsrh.HParams(image_learning_rate=0.1, text_learning_rate=0.1),
        "training": Training(epochs=8, batch_size=32),
    },
    "nrch": {
        "options": nrch.Options(hidden=128, selection_start_epoch=6),
        "hparams": nrch.HParams(learning_rate=3e-4),
        "training": Training(epochs=6, batch_size=64),
    },
    "rshnl": {
        "options": rshnl.Options(hidden=128, warmup_epochs=3),
        "hparams": rshnl.HParams(learning_rate=1e-3),
        "training": Training(epochs=6, batch_size=64),
    },
    "mian": {
        "options": mian.Options(
            hidden=128,
            embedding=64,
            outer_epochs=1,
            label_passes=2,
            network_passes=3,
        ),
        "hparams": mian.HParams(
            label_learning_rate=0.03,
            text_learning_rate=3e-3,
            image_learning_rate=3e-3,
        ),
        "training": Training(epochs=14, batch_size=32),
    },
    "cmmq": {
        "options": cmmq.Options(hidden=128, ramp_epochs=3),
        "hparams": cmmq.HParams(learning_rate=1e-3, noise_rate=0.2),
        "training": Training(epochs=6, batch_size=64),
    },
    "cirh": {
        "options": cirh.Options(hidden=128, joint_hidden=64, dropped=0.5),
        "hparams": cirh.HParams(image_learning_rate=1e-3, text_learning_rate=1e-3),
        "training": Training(epochs=6, batch_size=50),
    },
    "cpah": {
        "options": cpah.Options(hidden=128, learning_rate_rule="every30"),
        "hparams": cpah.HParams(learning_rate=1e-3),
        "training": Training(epochs=6, batch_size=50),
    },
    "pip_like": {
        "options": pip_like.Options(
            hidden=128, generator_hidden=64, classifier_hidden=64
        ),
        "hparams": pip_like.HParams(image_learning_rate=0.1, text_learning_rate=0.1),
        "training": Training(epochs=8, batch_size=32),
    },
    "ltcmh_like": {
        "options": ltcmh_like.Options(hidden=128, decay_epochs=8),
        "hparams": ltcmh_like.HParams(learning_rate=3.0, balance_weight=0.01),
        "training": Training(epochs=8, batch_size=20),
    },
    "robust": {
        "options": robust.Options(hidden=128, folds=3),
        "hparams": robust.HParams(learning_rate=1e-3),
        "training": Training(epochs=6, batch_size=64),
    },
}


def experiment(name, **changes):
    settings = {"method": name, "data": DATA, "bits": 32, **EXPERIMENTS[name]}
    return Experiment(**{**settings, **changes})


def numbers(results):
    return [result._replace(seconds=None) for result in results]


def nothing(inputs):
    return (inputs.image_codes * 0).sum()


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_it_learns_with_an_own_term_and_resumes_to_the_bit(name, tmp_path):
    """A run that is stopped after some epochs ends as one that is not."""
    own = (("nothing", 1.0, nothing),)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    results = runs.train(experiment(name), whole, extra_terms=own)
    assert all(np.isfinite(result.losses["total"]) for result in results)
    assert all(result.losses["nothing"] == 0 for result in results)
    first, last = (results[i].retrieval.average for i in (0, -1))
    assert last > first + 0.1
    assert last > 0.5, "chance is 0.3"
    stop = iter([False, False, True]).__next__
    with pytest.raises(Interrupted):
        runs.train(experiment(name), stopped, extra_terms=own, stop=stop)
    again = runs.train(experiment(name), stopped, extra_terms=own, resume=True)
    assert numbers(again) == numbers(results)
    params = (runs.saved_params(folder)[2] for folder in (whole, stopped))
    jax.tree.map(np.testing.assert_array_equal, *params)


def test_help_names_the_methods_that_leave_out_a_shorter_batch():
    whole = {name for name, entry in METHODS.items() if entry.check is check_full_batch}
    source = inspect.getsource(Training)
    (named,) = re.findall(r"by all methods except (.*?)\.", source, re.DOTALL)
    assert set(re.findall(r"\w+", named.lower())) - {"and"} == whole


def test_every_declared_method_is_registered():
    assert METHODS.keys() == METHOD_OPTIONS.keys() == set(get_args(MethodName))
    assert scbch is METHOD_OPTIONS["scbch"]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_a_short_module(name):
    """Fewer than 150 lines that are neither empty nor docstring."""
    text = (ROOT / "scbch_jax" / "methods" / f"{name}.py").read_text()
    lines = {i for i, line in enumerate(text.splitlines(), start=1) if line.strip()}
    for node in ast.walk(ast.parse(text)):
        # An expression that is only a string is documentation.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    assert len(lines) < 150
