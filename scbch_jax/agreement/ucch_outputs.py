"""UCCH: losses, memory bank, and a training run with the recorded negatives."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import losses, training
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.config.ucch import HParams, Options
from scbch_jax.methods import ucch

VARIABLES = ("image_codes", "text_codes")


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    variables = {k: jnp.asarray(arrays[k]) for k in VARIABLES}
    for shift in ("1.0", "0.1"):
        hp = HParams(margin=float(arrays["margin"]), shift=float(shift))
        yield from _term(arrays, f"ranking_s{shift}", "ranking", hp, variables)
    hp = replay.numbers(arrays, HParams)
    for name, momentum in (("warm", 0.0), ("contrast", hp.momentum)):
        yield from _term(arrays, name, "contrast", hp, variables)
        memory = losses.update_memory_bank(
            jnp.asarray(arrays["memory"]),
            jnp.asarray(arrays["own"]),
            *variables.values(),
            momentum=momentum,
            unit_length=True,
        )
        recorded = arrays[f"exp_memory_after_{name}"]
        yield compare(f"memory after {name}", memory, recorded, kind="codes")


def _term(
    arrays: Mapping[str, np.ndarray],
    output: str,
    term: str,
    hp: HParams,
    variables: dict[str, Any],
) -> Iterator[Comparison | StepLosses]:
    """A term of the loss and its gradients; the name "warm" means the warm-up."""
    memory, own, drawn = (jnp.asarray(arrays[k]) for k in ("memory", "own", "drawn"))
    samples, bits = memory.shape
    function = ucch.terms(hp, bits)[term][1]

    def loss(variables: dict[str, Any]) -> Any:
        inputs = ucch.TermInputs(
            **variables,
            similarity=losses.similarity_matrix(*variables.values()),
            memory=memory,
            index=own,
            counts=losses.negative_counts(own, drawn, samples=samples),
            warming_up=jnp.asarray(output == "warm"),
        )
        return function(inputs)

    yield from replay.compare_loss(
        arrays, output, loss, variables, output=f"exp_{output}"
    )


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    train, hp = replay.train_set(arrays), replay.numbers(arrays, HParams)
    networks = replay.network_params(arrays)
    sizes = replay.sizes_of(train, arrays["memory"].shape[1])
    options = Options(negatives=arrays["drawn"].shape[-1], **replay.depths(networks))
    method = ucch.build(sizes, options, hp)
    state = ucch.UcchState(jnp.int32(0), jnp.asarray(arrays["memory"]))
    run = replay.started(method, {"networks": networks}, state)

    @jax.jit
    def step(run: training.RunState, index: Any, drawn: Any) -> Any:
        known = ucch.build(sizes, options, hp, draw=lambda key, own: drawn)
        batch, key = training.gather(train, index), jax.random.key(0)
        (only,) = known.passes[0]
        return training.gradient_step(only, known.optimizers, run, batch, key)

    totals, draws = [], iter(jnp.asarray(arrays["drawn"]))
    for epoch, order in enumerate(arrays["batch_order"]):
        now = run.state._replace(epoch=jnp.int32(epoch))
        run = run._replace(state=now)
        for index in order.reshape(-1, int(arrays["batch_size"])):
            run, log = step(run, jnp.asarray(index), next(draws))
            totals.append(float(log["total"]))
    yield StepLosses(np.array(totals), arrays["exp_loss"])
    yield from replay.compare_steps("total", totals, arrays["exp_loss"])
    yield from replay.compare_networks(arrays, run.params["networks"])
    final = arrays["exp_memory"]
    yield compare("final memory", run.state.memory, final, kind="parameters")


KIND = Kind(
    frozenset({"memory", "drawn", "temperature", "momentum"}), _losses, run=_run
)
