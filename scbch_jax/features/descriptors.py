"""Descriptors of pictures; they live a floor below, where scenes are drawn."""

from scbch_jax.data.descriptors import DESCRIPTOR_DIM, describe

__all__ = ["DESCRIPTOR_DIM", "describe"]
