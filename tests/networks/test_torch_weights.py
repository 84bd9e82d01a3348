import jax.numpy as jnp
import numpy as np
import pytest
from conftest import GOLDEN

from scbch_jax import networks


@pytest.fixture
def state():
    arrays = np.load(GOLDEN / "trajectory-7.npz")
    start = "init_img."
    return {k.removeprefix(start): arrays[k] for k in arrays if k.startswith(start)}


def test_conversion_to_torch_and_back_is_the_identity(state):
    back = networks.to_torch(networks.from_torch(state, "image"), "image")
    assert back.keys() == state.keys()
    for name, array in state.items():
        np.testing.assert_array_equal(back[name], array)


@pytest.mark.errors
def test_every_name_is_accounted_for(state):
    state["W_v"] = state.pop("fc.2.bias")
    message = r"missing \['fc.2.bias'\], left over \['W_v'\]"
    with pytest.raises(ValueError, match=message):
        networks.from_torch(state, "image")


def test_the_forward_pass_is_pytorchs():
    """Against recorded codes, to 1e-6."""
    arrays = np.load(GOLDEN / "neighbors.npz")
    for modality, short, layers, codes in (
        ("image", "img", 3, "u"),
        ("text", "txt", 2, "v"),
    ):
        start = f"params_{short}."
        state = {
            k.removeprefix(start): arrays[k] for k in arrays if k.startswith(start)
        }
        state[networks.torch_weights.CLASSIFIERS[modality]] = np.zeros((16, 9))
        params = networks.from_torch(state, modality)["network"]
        net = networks.hash_network(
            features=arrays[short].shape[1],
            widths=(24,) * (layers - 1) + (16,),
            unit_length=True,
        )
        relaxed = net.apply(params, jnp.asarray(arrays[short]))
        np.testing.assert_allclose(relaxed, arrays[codes], rtol=0, atol=1e-6)


def test_a_layer_may_have_no_bias(state):
    bare = {k: x for k, x in state.items() if k.startswith("fc") and k != "fc.4.bias"}
    layers = networks.layers_from_torch(bare)
    assert layers["layer_2"].keys() == {"kernel"}
    assert networks.layers_to_torch(layers).keys() == bare.keys()
