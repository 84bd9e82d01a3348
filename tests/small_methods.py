"""The smallest settings of every method, and a training set for them."""

from dataclasses import replace

import draws
import numpy as np

from scbch_jax.config import (
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
from scbch_jax.methods import Recipe
from scbch_jax.methods.base import Sizes
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=64, bits=8)
OPTIONS = {
    "scbch": scbch.Options(hidden=16, neighbors=3, warmup_epochs=1),
    "ucch": ucch.Options(hidden=16, negatives=20),
    "dgcpn": dgcpn.Options(hidden=16, neighbors=5, scale=10.0),
    "dhrl": dhrl.Options(hidden=16, text_hidden=16, width=8, layers=1, kept=6),
    "djsrh": djsrh.Options(hidden=16),
    "cirh": cirh.Options(hidden=16, joint_hidden=16),
    "nrch": nrch.Options(hidden=16, selection_start_epoch=1),
    "rshnl": rshnl.Options(hidden=16, warmup_epochs=1),
    "mian": mian.Options(hidden=16, embedding=8),
    "cmmq": cmmq.Options(hidden=16, ramp_epochs=2),
    "cpah": cpah.Options(hidden=16),
    "pip_like": pip_like.Options(hidden=16, generator_hidden=12, classifier_hidden=9),
    "ltcmh_like": ltcmh_like.Options(hidden=16),
    "robust": robust.Options(hidden=16, folds=2),
}


def recipe_of(name, sizes=SIZES, batch_size=8, **options):
    return Recipe(name, sizes, replace(OPTIONS[name], **options), batch_size)


def training_set():
    """Features and labels of `SIZES.samples` drawn rows."""
    rows = draws.normal(1, 64, 6), draws.normal(2, 64, 5)
    return Split(*map(np.asarray, (*rows, draws.labels(3, 64, 4, share=0.4))))
