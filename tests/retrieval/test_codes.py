import draws
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import retrieval

pytestmark = pytest.mark.usefixtures("strict")


@pytest.mark.parametrize("bits", [8, 16, 24, 64, 128])
def test_pack_then_unpack_is_the_sign(bits, transform):
    relaxed = draws.normal(bits, 5, bits)
    packed = transform(retrieval.pack)(relaxed)
    assert packed.shape == (5, bits // 8)
    np.testing.assert_array_equal(
        retrieval.unpack(packed), np.where(relaxed > 0, 1, -1)
    )
    np.testing.assert_array_equal(packed, np.packbits(relaxed > 0, axis=1))


def test_zero_is_minus_one():
    codes = retrieval.hash_codes(jnp.array([[0.5, 0.0, -0.5, 0, 0, 0, 0, 1e-9]]))
    np.testing.assert_array_equal(codes, [[1, -1, -1, -1, -1, -1, -1, 1]])


@pytest.mark.errors
@pytest.mark.parametrize("bits", [0, 7, 12])
def test_bits_come_in_whole_bytes(bits):
    with pytest.raises(
        ValueError, match=f"got {bits} bits, wanted a positive multiple"
    ):
        retrieval.pack(jnp.zeros((3, bits)))
