"""Losses and gradients against recorded outputs of the authors' PyTorch code."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import GOLDEN

from scbch_jax import losses
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods.scbch import term_inputs, terms

PRECISIONS = {
    "f32": {"file": "losses-f32.npz", "value": 1e-6, "gradient": 1e-5},
    "f64": {"file": "losses-f64.npz", "value": 1e-12, "gradient": 1e-11},
}


@pytest.fixture(params=PRECISIONS)
def golden(request):
    if request.param == "f64":
        request.getfixturevalue("double")
    limits = PRECISIONS[request.param]
    arrays = dict(np.load(GOLDEN / limits["file"]))
    inputs = {k: jnp.asarray(arrays[k]) for k in ("u", "v", "y", "Wu", "Wv", "w")}
    return inputs, arrays, limits


def recorded_inputs(u, v, y, Wu, Wv, w):  # noqa: N803 -- the names of the recorded arrays
    return term_inputs(u, v, Wu, Wv, y, w)


def hparams(arrays, setting):
    return HParams(
        contrastive_weight=0.7,
        quantization_weight=0.3,
        margin=float(arrays["margins"][setting]),
        shift=float(arrays["shifts"][setting]),
    )


def close(value, expected, limit):
    """Relative to the largest value of the array."""
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        np.asarray(value) / scale, expected / scale, rtol=0, atol=limit
    )


def test_overlap(golden):
    inputs, arrays, limits = golden
    close(losses.jaccard_matrix(inputs["y"]), arrays["exp_jaccard"], limits["value"])


@pytest.mark.parametrize("setting", range(4))
def test_contrastive_loss_and_gradients(golden, setting):
    inputs, arrays, limits = golden
    chosen = terms(hparams(arrays, setting), Options())

    def contrast(u, v):
        batch_inputs = recorded_inputs(**{**inputs, "u": u, "v": v})
        return chosen["attraction"][1](batch_inputs) + chosen["repulsion"][1](
            batch_inputs
        )

    value, grads = jax.value_and_grad(contrast, (0, 1))(inputs["u"], inputs["v"])
    close(value, arrays["exp_contrast"][setting], limits["value"])
    for grad, name in zip(grads, "uv", strict=True):
        expected = arrays[f"exp_contrast_grad_{name}"][setting]
        close(grad, expected, limits["gradient"])


@pytest.mark.parametrize("setting", range(4))
def test_total_and_gradients(golden, setting):
    inputs, arrays, limits = golden
    objective = losses.weighted_sum(terms(hparams(arrays, setting), Options()))

    def total(moving):
        return objective(recorded_inputs(**{**inputs, **moving}))[0]

    moving = {k: inputs[k] for k in ("u", "v", "Wu", "Wv")}
    value, grads = jax.value_and_grad(total)(moving)
    close(value, arrays["exp_total"][setting], limits["value"])
    for name, grad in grads.items():
        expected = arrays[f"exp_total_grad_{name}"][setting]
        close(grad, expected, limits["gradient"])
    ones = jnp.ones_like(inputs["w"])
    value = objective(recorded_inputs(**{**inputs, "w": ones}))[0]
    close(value, arrays["exp_total_nw"][setting], limits["value"])


def test_quantization_and_its_gradients(golden):
    inputs, arrays, limits = golden

    def quantization(u, v):
        return losses.quantization_loss(u) + losses.quantization_loss(v)

    value, grads = jax.value_and_grad(quantization, (0, 1))(inputs["u"], inputs["v"])
    close(value, arrays["exp_quant"], limits["value"])
    for grad, name in zip(grads, "uv", strict=True):
        close(grad, arrays[f"exp_quant_grad_{name}"], limits["gradient"])


@pytest.mark.parametrize("weighted", [True, False])
def test_classification(golden, weighted):
    inputs, arrays, limits = golden
    weights = inputs["w"] if weighted else jnp.ones_like(inputs["w"])
    batch_inputs = recorded_inputs(**{**inputs, "w": weights})
    value = terms(HParams(), Options())["classification"][1](batch_inputs)
    name = "exp_bce_weighted" if weighted else "exp_bce"
    close(value, arrays[name], limits["value"])
