"""Optimizers that follow PyTorch's, and optimizer state in bfloat16."""

from scbch_jax.optim.pytorch import torch_adam

__all__ = [
    "torch_adam",
]
