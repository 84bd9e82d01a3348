"""How rare the labels of samples are, for long-tailed distributions of labels."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.errors import check_rank


@jax.jit
def rarity(
    labels: Float[Array, "samples classes"], batch_labels: Float[Array, "n classes"]
) -> Float[Array, " n"]:
    """1 minus the mean relative frequency of each sample's labels.

        1 - Σ_c y_ic f_c / Σ_c y_ic,  f_c = (rows with label c) / (of the most frequent)

    It is 0 for a sample that only has the most frequent label, and 1 for one without.

    Args:
        labels: of all training rows.
        batch_labels: y, of the samples.

    Raises:
        ValueError: if they are not matrices.

    Example:
        >>> labels = jnp.array([[1.0, 0.0], [1.0, 1.0]])
        >>> rarity(labels, labels).tolist()
        [0.0, 0.25]
    """
    check_rank(2, labels=labels, batch_labels=batch_labels)
    counts = labels.sum(axis=0)
    frequencies = counts / jnp.maximum(counts.max(), 1.0)
    own = jnp.maximum(batch_labels.sum(axis=1), 1.0)
    return 1.0 - batch_labels @ frequencies / own
