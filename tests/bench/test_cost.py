"""Counted operations and bytes, and the time that follows."""

import pytest

from scbch_jax.bench.cost import Cost, Device, count_costs
from scbch_jax.bench.training import Shape
from scbch_jax.cli import program


def test_the_slower_of_products_and_memory_counts():
    device = Device("one", float32=10.0, bfloat16=100.0, memory=2.0)
    assert Cost("a", 50.0, 4.0).seconds(device, "float32") == 5.0
    assert Cost("a", 50.0, 4.0).seconds(device, "bfloat16") == 2.0


@pytest.mark.slow
def test_a_step_has_at_least_its_products():
    """Two of each first layer, three of each other, forward and backward."""
    shape = Shape(512, rows=200, queries=8, items=40)
    first, others = shape.weights
    products = 2.0 * shape.batch_size * (2 * first + 3 * others)
    step, encode, score = count_costs(shape)
    assert products < step.operations < 1.5 * products
    forward = 2.0 * (shape.rows + shape.queries + shape.items) * (first + others)
    assert forward < encode.operations < 1.5 * forward
    assert score.operations >= 2 * shape.queries * shape.items


@pytest.mark.slow
def test_the_command_names_every_device(capsys):
    assert program.main(["bench", "roofline", "--hidden", "8"]) == 0
    said = capsys.readouterr().out
    assert "H100 SXM, float32, ms" in said
    assert said.count("| step ") == 1
