"""The order of MIAN's passes, against nested loops over the same losses."""

from functools import partial

import jax
import numpy as np
import pytest

from scbch_jax.methods import stages

MOST = stages.most_passes(10, 15)


def looped(losses, most):
    """Outer epoch, network, stage and pass for as many passes as there are losses."""
    outer = 0
    left = iter(losses)
    while True:
        recorded = {network: [] for network in range(3)}
        for (network, stage), passes in zip(stages.STAGES, most, strict=True):
            for number in range(passes):
                yield outer, network, stage, number
                loss, log = next(left), recorded[network]
                if network == 0 or number % 2 == 0:
                    log.append(loss)
                first = 2 if network == 0 else 3
                if number >= first and log[-1] >= log[-2]:
                    break
        outer += 1


def stepped(losses, most):
    after = jax.jit(partial(stages.next_pass, most=most))
    progress = stages.first_pass()
    for loss in losses:
        network, stage = stages.STAGES[int(progress.stage)]
        yield int(progress.outer), network, stage, int(progress.passes)
        progress = after(progress, loss)


@pytest.mark.parametrize("trend", [-3.0, -0.3, 0.0])
def test_passes_follow_in_the_order_of_the_loops(trend):
    """Losses that fall fast use all passes, others end stages early."""
    losses = np.random.default_rng(5).normal(size=150) + trend * np.arange(150)
    losses = losses.astype(np.float32)
    found = list(stepped(losses, MOST))
    wanted = looped(losses, MOST)
    assert found == [next(wanted) for _ in losses]
    first_outer = sum(outer == 0 for outer, *_ in found)
    assert first_outer == 69 if trend == -3 else first_outer < 69


def test_a_stage_number_divides_its_passes():
    assert MOST == (10, 5, 15, 7, 5, 15, 7, 5)
    assert stages.most_passes(2, 3) == (2, 1, 3, 1, 1, 3, 1, 1)


def test_step_sizes_fall_by_outer_epoch_and_stage():
    progress = stages.first_pass()._replace(outer=np.int32(3))
    for stage, (_, number) in enumerate(stages.STAGES):
        factor = stages.rate_factor(progress._replace(stage=np.int32(stage)))
        np.testing.assert_allclose(factor, 10 ** (-(3 + number) / 2), rtol=1e-6)
