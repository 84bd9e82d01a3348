import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import losses
from scbch_jax.arrays import Batch
from scbch_jax.config.pip_like import HParams, Options
from scbch_jax.methods import Recipe, Sizes, djsrh, pip_like
from scbch_jax.training.epoch import RunState, gradient_step

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=7, bits=8)
OPTIONS = Options(hidden=16, generator_hidden=12, classifier_hidden=9)

IMAGE = jnp.array([[3.0, 4, 0], [4, 3, 0], [0, 1, 2], [1, 0, 1]])
TEXT = jnp.array([[1.0, 0], [1, 1], [0, 1], [0, 2]])
IMAGE_CODES = jnp.array([[0.5, -0.5], [0.25, 0.75], [-0.5, 0.5], [0.1, 0.2]])
TEXT_CODES = jnp.array([[0.4, -0.6], [0.3, 0.9], [0.5, 0.5], [-0.2, 0.2]])
PERTURBED_CODES = jnp.array([[0.6, -0.2], [0.1, 0.7], [-0.5, 0.4], [0.3, 0.2]])
LOGITS = jnp.array([[0.3, -0.2], [0.1, 0.5], [0.0, 0.0], [-1.0, 2.0]])


def djsrh_part(hp):
    return djsrh.HParams(*(getattr(hp, name) for name in djsrh.HParams._fields))


def cosines(rows, columns):
    lengths = [np.linalg.norm(x, axis=1, keepdims=True) for x in (rows, columns)]
    return (rows / lengths[0]) @ (columns / lengths[1]).T


def reference_terms():
    """Every term and the total, from the equations of docs/methods.md in NumPy."""
    x, y, u, v, w, z = (
        np.asarray(a, np.float64)
        for a in (IMAGE, TEXT, IMAGE_CODES, TEXT_CODES, PERTURBED_CODES, LOGITS)
    )
    joint = 0.6 * (2 * cosines(x, x) - 1) + 0.4 * (2 * cosines(y, y) - 1)
    target = 1.5 * (0.8 * joint + 0.2 * joint @ joint / 4)

    def error(a, b):
        return ((cosines(a, b) - target) ** 2).mean()

    log_shares = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    found = {
        "image": error(u, u),
        "cross": error(u, v),
        "text": error(v, v),
        "adversarial": error(w, v) + 0.1 * error(w, w) + 0.1 * error(v, v),
        "domain": -log_shares[:, 1].mean() - log_shares[::-1, 0].mean(),
    }
    weights = {"image": 0.1, "text": 0.1, "domain": 0.1}
    found["total"] = sum(weights.get(name, 1.0) * x for name, x in found.items())
    return found


def test_the_terms_are_those_of_the_equations():
    hp = HParams()
    inputs = pip_like.TermInputs(
        *djsrh.term_inputs(IMAGE_CODES, TEXT_CODES, IMAGE, TEXT, djsrh_part(hp)),
        PERTURBED_CODES,
        LOGITS,
        LOGITS[::-1],
    )
    total, values = losses.weighted_sum(pip_like.terms(hp))(inputs)
    for name, expected in reference_terms().items():
        found = {**values, "total": total}[name]
        np.testing.assert_allclose(found, expected, rtol=2e-6, err_msg=name)


def test_perturbed_features_are_worked_out_by_hand():
    image = jnp.array([[1.0, 0.0], [3.0, 4.0]])
    perturbation = jnp.array([[0.5, -1.0], [-1.0, 1.0]])
    found = pip_like.perturbed(image, perturbation, strength=0.5)
    # The mean entry is 2, so that a perturbation of 1 moves by 1.
    np.testing.assert_array_equal(found, [[1.5, 0.0], [2.0, 5.0]])
    signed = pip_like.perturbed(image - 2.0, perturbation, strength=1.0)
    # The mean absolute entry is 1.5, and no entry falls below -2.
    np.testing.assert_array_equal(signed, [[-0.25, -2.0], [-0.5, 3.5]])


def key():
    """A new key of the same value: each may be used once only."""
    return jax.random.key(0)


def batch():
    labels = draws.labels(3, 7, 4, share=0.4)
    rows = draws.normal(1, 7, 6), draws.normal(2, 7, 5), labels
    return Batch(*(jnp.asarray(x) for x in rows), index=jnp.arange(7))


@pytest.fixture(scope="module")
def made():
    """The method, its start, and the compiled loss with gradients of all groups."""
    method = pip_like.build(SIZES, OPTIONS, HParams())
    params, state = method.init(jax.random.key(0))

    def loss(params, state, batch, key, hp):
        built = pip_like.build(SIZES, OPTIONS, hp)
        return built.passes[0][0].loss(params, state, batch, key)

    return params, state, jax.jit(jax.value_and_grad(loss, has_aux=True))


def test_without_perturbed_images_it_is_djsrh(made):
    params, state, loss = made
    state = state._replace(epoch=jnp.int32(3))
    hp = HParams(adversarial_weight=0.0, domain_weight=0.0)
    (total, _), slopes = loss(params, state, batch(), key(), hp)
    other = djsrh.build(SIZES, djsrh.Options(hidden=16), djsrh_part(hp))
    expected, expected_slopes = jax.jit(
        jax.value_and_grad(lambda *given: other.passes[0][0].loss(*given)[0])
    )({m: params[m] for m in ("image", "text")}, state, batch(), key())
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7),
        {m: slopes[m] for m in ("image", "text")},
        expected_slopes,
    )
    for group in ("generator", "classifier"):
        assert all(not x.any() for x in jax.tree.leaves(slopes[group]))


def test_the_generator_raises_what_the_other_networks_lower(made):
    """A small step against the gradient of each group, with the others as they are."""
    params, state, loss = made
    (before, _), slopes = loss(params, state, batch(), key(), HParams())
    for group, slope in slopes.items():
        size = sum(float(jnp.square(x).sum()) for x in jax.tree.leaves(slope))
        step = 1e-3 / size
        moved = jax.tree.map(lambda x, g: x - step * g, params[group], slope)  # noqa: B023
        (after, _), _ = loss({**params, group: moved}, state, batch(), key(), HParams())
        change = 1e-3 if group == "generator" else -1e-3
        assert float(after - before) == pytest.approx(change, rel=0.1), group


def test_labels_change_nothing_and_dropout_changes_the_domain_term_only(made):
    params, state, loss = made
    rows = batch()
    other = rows._replace(labels=1.0 - rows.labels)
    (total, (_, values)), _ = loss(params, state, rows, key(), HParams())
    assert loss(params, state, other, key(), HParams())[0][0] == total
    (_, (_, again)), _ = loss(params, state, rows, jax.random.key(1), HParams())
    differ = {name for name in values if values[name] != again[name]}
    assert differ == {"domain", "total"}


def test_a_step_moves_every_group_at_its_rate(made):
    params, state, loss = made
    hp = HParams()
    method = pip_like.build(SIZES, OPTIONS, hp)
    opt = {group: o.init(params[group]) for group, o in method.optimizers.items()}
    (step,) = method.passes[0]
    run, _ = jax.jit(lambda *a: gradient_step(step, method.optimizers, *a))(
        RunState(params, opt, state), batch(), key()
    )
    _, slopes = loss(params, state, batch(), key(), hp)
    rates = {"image": 0.001, "text": 0.01, "classifier": 0.001}
    for group, rate in rates.items():
        jax.tree.map(
            lambda x, g, new: np.testing.assert_allclose(
                new,
                x - rate * (g + 5e-4 * x),  # noqa: B023
                atol=1e-6,
            ),
            params[group],
            slopes[group],
            run.params[group],
        )
    # Adam's first step is that of the sign.
    last = [x["layer_3"]["bias"] for x in (params["generator"], slopes["generator"])]
    np.testing.assert_allclose(
        run.params["generator"]["layer_3"]["bias"],
        last[0] - 0.001 * jnp.sign(last[1]),
        atol=1e-5,
    )


def test_networks_have_the_layers_of_the_reconstruction(made):
    shapes = jax.tree.map(jnp.shape, made[0])
    assert shapes["image"]["network"] == {"layer_0": {"kernel": (6, 8), "bias": (8,)}}
    kernels = [shapes["generator"][f"layer_{i}"]["kernel"] for i in range(4)]
    assert kernels == [(6, 12), (12, 3), (3, 12), (12, 6)]
    kernels = [shapes["classifier"][f"layer_{i}"]["kernel"] for i in range(3)]
    assert kernels == [(6, 9), (9, 9), (9, 2)]
    assert shapes["generator"].keys() - {f"layer_{i}" for i in range(4)} == {
        "norm_0",
        "norm_1",
        "norm_2",
    }


@pytest.mark.errors
def test_a_batch_that_the_rows_do_not_fill_is_refused():
    from scbch_jax.errors import InputError

    recipe = Recipe("pip_like", SIZES, OPTIONS, batch_size=8)
    with pytest.raises(InputError, match="batch_size: got 8, wanted at most the 7"):
        recipe.check()
