import draws
import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest
import references

from scbch_jax import losses

pytestmark = pytest.mark.usefixtures("strict")

REPULSIONS = [
    (losses.stepped_repulsion_loss, references.released_repulsion),
    (losses.decaying_repulsion_loss, references.printed_repulsion),
]


def matrices(batch):
    image, text, labels = batch
    return losses.similarity_matrix(image, text), losses.jaccard_matrix(labels)


def test_attraction_by_hand():
    similarity = jnp.array([[0.5, 0.1], [0.2, 0.3]])
    overlap = jnp.array([[1.0, 0.5], [0.5, 1.0]])
    expected = (np.exp(0.8 - 0.1) + np.exp(0.8 - 0.2)) / 4 - (0.5 + 0.3) / 2
    value = losses.attraction_loss(similarity, overlap, shift=0.8)
    np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_attraction_without_positives_is_the_alignment_term():
    similarity, overlap = jnp.array([[0.5, 0.9], [0.9, 0.3]]), jnp.eye(2)
    value = losses.attraction_loss(similarity, overlap, shift=0.8)
    np.testing.assert_allclose(value, -0.4, rtol=1e-6)


def test_attraction_against_double_loop(batch, transform):
    s, r = matrices(batch)
    value = transform(lambda s, r: losses.attraction_loss(s, r, shift=0.8))(s, r)
    np.testing.assert_allclose(value, references.attraction(s, r, 0.8), rtol=1e-5)


def test_soft_attraction_by_hand():
    similarity = jnp.array([[0.5, 0.1], [0.2, 0.3]])
    weights = jnp.array([[0.0, 0.25], [0.75, 0.0]])
    attracted = 0.25 * np.exp(0.8 - 0.1) + 0.75 * np.exp(0.8 - 0.2)
    value = losses.soft_attraction_loss(similarity, weights, shift=0.8)
    np.testing.assert_allclose(value, attracted / 4 - 0.4, rtol=1e-6)


def test_soft_attraction_of_hard_labels_is_attraction_to_the_bit(batch, transform):
    image, text, labels = batch
    s, r = matrices(batch)
    weights = losses.positive_pair_probability(labels)
    soft = transform(lambda s, m: losses.soft_attraction_loss(s, m, shift=0.8))
    hard = transform(lambda s, r: losses.attraction_loss(s, r, shift=0.8))
    np.testing.assert_array_equal(soft(s, weights), hard(s, r))


def test_gradients_of_soft_losses_against_finite_differences(batch):
    """Of the codes and of the soft labels."""
    image, text, _ = batch
    rows, labels = 6, draws.uniform(3, 6, 4)

    def total(image, labels):
        s = losses.similarity_matrix(image, text[:rows])
        m, r = losses.positive_pair_probability(labels), losses.jaccard_matrix(labels)
        loss = losses.soft_attraction_loss(s, m, shift=0.8)
        return loss + losses.decaying_repulsion_loss(s, r, margin=0.15, shift=0.8)

    jax.test_util.check_grads(
        total, (image[:rows], labels), order=1, modes=["rev"], eps=1e-2, rtol=2e-2
    )


@pytest.mark.parametrize(("loss", "reference"), REPULSIONS)
@pytest.mark.parametrize(("margin", "shift"), [(0.15, 0.8), (0.3, 1.2), (0.0, 0.0)])
def test_repulsion_against_double_loop(
    batch, transform, loss, reference, margin, shift
):
    s, r = matrices(batch)
    value = transform(lambda s, r: loss(s, r, margin=margin, shift=shift))(s, r)
    np.testing.assert_allclose(value, reference(s, r, margin, shift), rtol=1e-5)


def test_stepped_and_decaying_repulsion_by_hand():
    """Own similarity 0.6, margin 0.1: 0.55 is within it, 0.2 is 0.3 beyond."""
    s, r = jnp.array([[0.6, 0.55], [0.2, 0.6]]), jnp.eye(2)
    stepped = losses.stepped_repulsion_loss(s, r, margin=0.1, shift=1.0)
    expected = 2 * (1 + 1 + np.exp(0.55) + np.exp(0.2 - 1)) / 4
    np.testing.assert_allclose(stepped, expected, rtol=1e-6)
    decaying = losses.decaying_repulsion_loss(s, r, margin=0.1, shift=1.0)
    expected = (np.exp(0.55) + np.exp(0.2 - 0.3)) / 4
    np.testing.assert_allclose(decaying, expected, rtol=1e-6)


@pytest.mark.parametrize("loss", [loss for loss, _ in REPULSIONS])
def test_order_of_a_batch_does_not_matter(batch, loss):
    image, text, labels = batch
    turn = jnp.array([3, 1, 6, 0, 5, 2, 4])
    before = loss(*matrices(batch), margin=0.15, shift=0.8)
    after = loss(
        *matrices((image[turn], text[turn], labels[turn])), margin=0.15, shift=0.8
    )
    np.testing.assert_allclose(before, after, rtol=1e-6)


@pytest.mark.parametrize("loss", [loss for loss, _ in REPULSIONS])
def test_swapping_the_modalities_does_not_matter(batch, loss):
    image, text, labels = batch
    forth = loss(*matrices((image, text, labels)), margin=0.15, shift=0.8)
    back = loss(*matrices((text, image, labels)), margin=0.15, shift=0.8)
    np.testing.assert_allclose(forth, back, rtol=1e-6)


@pytest.mark.parametrize("loss", [loss for loss, _ in REPULSIONS])
def test_gradients_are_finite_and_right(batch, loss):
    """Against central differences in one random direction."""
    s, r = matrices(batch)
    direction = draws.normal(5, *s.shape)

    def along(t):
        return loss(s + t * direction, r, margin=0.15, shift=0.8)

    step = 1e-3
    expected = (along(step) - along(-step)) / (2 * step)
    np.testing.assert_allclose(jax.grad(along)(0.0), expected, rtol=2e-2)
    assert bool(
        jnp.isfinite(jax.grad(lambda s: loss(s, r, margin=0.15, shift=0.8))(s)).all()
    )


def test_a_lane_of_vmap_equals_the_single_call(batch):
    s, r = matrices(batch)
    margins = jnp.array([0.1, 0.2, 0.3])

    def loss(margin):
        return losses.stepped_repulsion_loss(s, r, margin=margin, shift=0.8)

    lanes = jax.vmap(loss)(margins)
    np.testing.assert_allclose(lanes, [loss(m) for m in margins], rtol=1e-6)


def test_pairwise_likelihood_by_hand():
    """Two certain pairs of similarity 0.5 and -0.25, scale 2: log-odds 1 and -0.5."""
    similarity = jnp.array([[0.5, -0.25], [-0.25, 0.5]])
    value = losses.pairwise_likelihood_loss(similarity, jnp.eye(2), scale=2.0)
    expected = (np.log1p(np.exp(-1.0)) + np.log1p(np.exp(-0.5))) / 2
    np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_the_likelihood_is_largest_at_the_probability_of_sharing(transform):
    """So the best similarities have the order of the probabilities."""
    probability = jnp.array([[0.9, 0.2], [0.6, 0.5]])
    best = jnp.log(probability / (1 - probability)) / 3.0
    gradient = transform(
        jax.grad(lambda s: losses.pairwise_likelihood_loss(s, probability, scale=3.0))
    )(best)
    np.testing.assert_allclose(gradient, jnp.zeros((2, 2)), atol=1e-7)


def test_gradients_of_the_likelihood_against_finite_differences(batch):
    """Of the codes and of the soft labels."""
    image, text, _ = batch
    rows, labels = 6, draws.uniform(3, 6, 4)

    def total(image, labels):
        s = losses.similarity_matrix(image, text[:rows])
        m = losses.positive_pair_probability(labels)
        return losses.pairwise_likelihood_loss(s, m, scale=5.0)

    jax.test_util.check_grads(
        total, (image[:rows], labels), order=1, modes=["rev"], eps=1e-2, rtol=2e-2
    )


def test_the_likelihood_of_hard_labels_is_that_of_their_pairs_to_the_bit(batch):
    image, text, labels = batch
    s = losses.similarity_matrix(image, text)
    pairs = losses.positive_pairs(losses.jaccard_matrix(labels)).astype(s.dtype)
    soft = losses.positive_pair_probability(labels)
    found, wanted = (
        losses.pairwise_likelihood_loss(s, m, scale=5.0) for m in (soft, pairs)
    )
    np.testing.assert_array_equal(found, wanted)


def test_pairwise_likelihood_is_finite_at_any_scale(batch):
    image, text, labels = batch
    s, m = losses.similarity_matrix(image, text), losses.jaccard_matrix(labels)
    loss, gradient = jax.value_and_grad(losses.pairwise_likelihood_loss)(
        1e4 * s, m, scale=1e3
    )
    assert jnp.isfinite(loss)
    assert jnp.isfinite(gradient).all()


def test_robust_contrast_against_double_loop(batch, transform):
    def loss(image, text):
        return losses.noise_robust_contrastive_loss(
            image, text, temperature=0.5, exponent=0.2
        )

    image, text, _ = batch
    expected = references.robust_contrast(image, text, 0.5, 0.2)
    np.testing.assert_allclose(transform(loss)(image, text), expected, rtol=1e-5)


def test_robust_contrast_of_one_sample_is_zero():
    """Nothing else could be its partner; the gradient is zero as well."""

    def loss(codes):
        return losses.noise_robust_contrastive_loss(
            codes, codes, temperature=1.0, exponent=0.01
        )

    value, slope = jax.value_and_grad(loss)(jnp.ones((1, 4)))
    assert float(value) == 0
    np.testing.assert_array_equal(slope, 0)
