import draws
import jax
import numpy as np
import pytest

from scbch_jax.networks import joint_network

IMAGE, TEXT = draws.normal(1, 9, 6), draws.normal(2, 9, 5)
GRAPH = draws.uniform(3, 9, 9)


@pytest.fixture(scope="module")
def made():
    network = joint_network(image_dim=6, text_dim=5, hidden=16, bits=8)
    return jax.jit(network.apply), jax.jit(network.init)(jax.random.key(0))


def reference(weights, image, text, graph):
    """The equations, with the whole matrix over both modalities."""

    def linear(name, rows):
        layer = weights[name]
        return rows @ np.asarray(layer["kernel"]) + np.asarray(layer["bias"])

    def norm(rows):
        return (rows - rows.mean(0)) / np.sqrt(rows.var(0) + 1e-5)

    def relu(rows):
        return np.maximum(rows, 0)

    encoded, mixed = {}, {}
    for name, rows in (("image", image), ("text", text)):
        rows = relu(norm(linear(f"{name}_encoder", rows)))
        encoded[name] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        mixed[name] = relu(norm(graph @ linear(f"{name}_graph", encoded[name])))
    one = np.eye(len(graph))
    both = np.concatenate(list(encoded.values()))
    over_both = np.block([[graph, one], [one, graph]])
    halves = np.split(norm(over_both @ linear("joint_graph", both)), 2)
    joint = relu(halves[0] + halves[1])
    parts = {
        "image": norm(linear("image_part", np.hstack([mixed["image"], joint]))),
        "joint": norm(linear("joint_part", joint)),
        "text": norm(linear("text_part", np.hstack([joint, mixed["text"]]))),
    }
    codes = np.tanh(norm(linear("fused", np.hstack(list(parts.values())))))
    decoded = {}
    for name in ("image", "text"):
        rows = relu(norm(linear(f"{name}_decoder_0", codes + np.tanh(parts[name]))))
        decoded[name] = norm(linear(f"{name}_decoder_1", rows))
    return parts["image"], parts["text"], codes, decoded["image"], decoded["text"]


def test_it_follows_the_equations(made):
    apply, weights = made
    found = apply(weights, IMAGE, TEXT, GRAPH)
    wanted = reference(weights, *map(np.asarray, (IMAGE, TEXT, GRAPH)))
    for computed, right in zip(found, wanted, strict=True):
        np.testing.assert_allclose(computed, right, atol=2e-5)


def test_weights_have_no_statistics_and_start_as_in_pytorch(made):
    _, weights = made
    layers = {name.removesuffix("_norm") for name in weights}
    assert len(layers) == 13
    for name in layers:
        kernel, norm = weights[name]["kernel"], weights[f"{name}_norm"]
        assert np.abs(kernel).max() <= len(kernel) ** -0.5
        np.testing.assert_array_equal(norm["scale"], 1)
        np.testing.assert_array_equal(norm["bias"], 0)
