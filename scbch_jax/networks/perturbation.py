"""A generator of perturbations of features, and a classifier that is to detect them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from scbch_jax.networks.layers import TorchBatchNorm, torch_dense


class PerturbationNetworks(NamedTuple):
    """Both networks as pure functions."""

    init_generator: Callable[[Key[Array, ""]], Any]
    """key -> weights of the generator."""
    init_classifier: Callable[[Key[Array, ""]], Any]
    """key -> weights of the classifier."""
    perturbation: Callable[[Any, Any], Float[Array, "n features"]]
    """(weights, features) -> perturbations, in [-1, 1]; normalized by the batch."""
    domain_logits: Callable[[Any, Any, Key[Array, ""]], Float[Array, "n 2"]]
    """(weights, features, key) -> scores of being perturbed and of being clean, with
    dropout."""


def perturbation_networks(
    *, features: int, hidden: int, classifier_hidden: int
) -> PerturbationNetworks:
    """Makes the networks of linear layers.

    The generator has three hidden layers with batch normalization and ReLU, then tanh;
    the classifier has two with ReLU, and dropout of one half before each.

    Args:
        features: width of the features.
        hidden: width of the generator's outer hidden layers, at least 4; the middle one
            has a quarter of it.
        classifier_hidden: width of the classifier's hidden layers.
    """
    generator = _Generator((hidden, hidden // 4, hidden, features))
    classifier = _Classifier(classifier_hidden)

    def init_generator(key: Key[Array, ""]) -> Any:
        return generator.init(key, jnp.zeros((2, features)))["params"]

    def init_classifier(key: Key[Array, ""]) -> Any:
        rows = jnp.zeros((1, features))
        return classifier.init(key, rows, deterministic=True)["params"]

    def perturbation(weights: Any, rows: Any) -> Any:
        # Running statistics are not kept: outside of training nothing is perturbed.
        given = {"params": weights}
        outputs, _ = generator.apply(given, rows, mutable="batch_stats")
        return outputs

    def domain_logits(weights: Any, rows: Any, key: Key[Array, ""]) -> Any:
        given, rngs = {"params": weights}, {"dropout": key}
        return classifier.apply(given, rows, deterministic=False, rngs=rngs)

    return PerturbationNetworks(
        init_generator, init_classifier, perturbation, domain_logits
    )


class _Generator(nn.Module):
    widths: tuple[int, ...]

    @nn.compact
    def __call__(self, rows: Any) -> Any:
        for layer, width in enumerate(self.widths):
            rows = torch_dense(rows.shape[-1], width, name=f"layer_{layer}")(rows)
            if layer < len(self.widths) - 1:
                rows = nn.relu(TorchBatchNorm(True, name=f"norm_{layer}")(rows))
        return jnp.tanh(rows)


class _Classifier(nn.Module):
    hidden: int

    @nn.compact
    def __call__(self, rows: Any, *, deterministic: bool) -> Any:
        for layer in range(2):
            rows = nn.Dropout(0.5, deterministic=deterministic)(rows)
            name = f"layer_{layer}"
            rows = nn.relu(torch_dense(rows.shape[-1], self.hidden, name=name)(rows))
        return torch_dense(self.hidden, 2, name="layer_2")(rows)
