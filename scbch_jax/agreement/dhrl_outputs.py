"""DHRL: ranking scores, cross-entropies, codes of its networks, and a training run."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import losses
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.arrays import Params
from scbch_jax.config.dhrl import HParams, Options
from scbch_jax.methods import Recipe, Sizes, dhrl

ATTENTION = {
    "attention_in.kernel": "self_attn.in_proj_weight",
    "attention_in.bias": "self_attn.in_proj_bias",
    "attention_out.kernel": "self_attn.out_proj.weight",
    "attention_out.bias": "self_attn.out_proj.bias",
}

BOTH = ("image", "text")

WITHOUT_GRADIENT = frozenset(
    {f"{m}.{layer}.bias" for m in BOTH for layer in ("linear_0", "linear_1", "norm")}
    | {f"statistics.{m}.norm_{i}.mean" for m in BOTH for i in (0, 1)}
    | {"head.inner_bias", "statistics.head.norm.mean"}
)
"""Constants that batch normalization subtracts again, and the means that have them."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    labels, logits = (jnp.asarray(arrays[k]) for k in ("ranked", "logits"))
    hp, every = HParams(), jnp.ones(len(labels), bool)
    scores = losses.label_ranking_score(
        logits, labels, absent_weight=hp.absent_weight, given_weight=hp.given_weight
    )
    yield compare("ranking scores", scores, arrays["exp_ranking"], kind="loss")
    alone = jnp.eye(len(labels), dtype=bool)
    rows = [losses.summed_classification_loss(logits, labels, one) for one in alone]
    yield compare("cross-entropies", rows, arrays["exp_entropies"], kind="loss")
    yield from replay.compare_loss(
        arrays,
        "classification",
        lambda v: losses.summed_classification_loss(v["logits"], labels, every),
        {"logits": logits},
        output="exp_entropy",
    )
    params = params_of(arrays, "init")
    sizes, options = _shapes(arrays, params, labels.shape[1])
    method = dhrl.build(sizes, options, hp)
    encoders = {"image": method.encode_image, "text": method.encode_text}
    for (modality, encode), rows in zip(encoders.items(), ("img", "txt"), strict=True):
        codes = encode(params, jnp.asarray(arrays[rows]))
        recorded = arrays[f"exp_{modality}_codes"]
        yield compare(f"{modality} codes", codes, recorded, kind="codes")
        linear = params["classifier"]
        scores = codes @ linear["kernel"] + linear["bias"][None]
        recorded = arrays[f"exp_{modality}_logits"]
        yield compare(f"{modality} class scores", scores, recorded, kind="codes")


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    params = params_of(arrays, "init")
    sizes, options = _shapes(arrays, params, arrays["labels"].shape[1])
    recipe = Recipe("dhrl", sizes, options, int(arrays["batch_size"]))
    hp = HParams(learning_rate=float(arrays["lr"]))
    state = dhrl.DhrlState(jnp.int32(0), jax.tree.map(jnp.copy, params["statistics"]))
    run = replay.started(recipe.build(hp), params, state)
    run, log, _ = replay.trained(arrays, run, hp, recipe)
    yield StepLosses(log["total"], arrays["exp_loss"])
    yield from replay.compare_steps("total", log["total"], arrays["exp_loss"])
    recorded = _leaves(params_of(arrays, "exp_final"))
    for name, leaf in _leaves(run.params).items():
        none = name in WITHOUT_GRADIENT or name.endswith(".key_bias")
        kind = "without gradient" if none else "parameters"
        yield compare(f"final {name}", leaf, recorded[name], kind=kind)


def _leaves(params: Params) -> dict[str, Any]:
    """Arrays by their names; an attention's packed bias in its three parts.

    A key's bias changes all scores of a query alike, and has no gradient.
    """
    found = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        if name.endswith("attention_in.bias"):
            parts = zip(("query", "key", "value"), jnp.split(leaf, 3), strict=True)
            start = name.removesuffix("bias")
            found |= {f"{start}{part}_bias": x for part, x in parts}
        else:
            found[name] = leaf
    return found


def _shapes(
    arrays: Mapping[str, np.ndarray], params: Params, classes: int
) -> tuple[Sizes, Options]:
    """Sizes and options that the recorded weights have; no dropout."""
    (rows, image_dim), text_dim = arrays["img"].shape, arrays["txt"].shape[1]
    bits, width, _ = params["head"]["inner"].shape
    options = Options(
        hidden=len(params["image"]["linear_0"]["bias"]),
        text_hidden=len(params["text"]["linear_0"]["bias"]),
        width=width,
        layers=sum(k.startswith("layer_") for k in params["image"]),
        dropout=0.0,
        kept=int(arrays["kept"]) if "kept" in arrays else rows,
    )
    return Sizes(image_dim, text_dim, classes, rows, bits), options


def params_of(arrays: Mapping[str, np.ndarray], stage: str) -> Params:
    """The recorded weights and running statistics, as the method names them."""
    state = replay.network_state(arrays, f"{stage}.")
    params: dict[str, Any] = {m: _tokens(state, m) for m in BOTH}
    params["head"] = _head(state)
    params["classifier"] = _linear(state, "classify")
    params["statistics"] = {
        "head": {"norm": _statistics(state, "hash.1")},
        **{
            m: {
                f"norm_{i}": _statistics(state, f"{m}MLP.mlp.bn{i + 1}") for i in (0, 1)
            }
            for m in BOTH
        },
    }
    return jax.tree.map(jnp.asarray, params)


def _tokens(state: Mapping[str, np.ndarray], modality: str) -> dict[str, Any]:
    encoder = f"{modality}TransformerEncoder"
    layers = {k.split(".")[2] for k in state if k.startswith(f"{encoder}.layers.")}
    found = {f"layer_{i}": _layer(state, f"{encoder}.layers.{i}") for i in layers}
    for i in (0, 1):
        found[f"linear_{i}"] = _linear(state, f"{modality}MLP.mlp.linear{i + 1}")
        found[f"norm_{i}"] = _scaled(state, f"{modality}MLP.mlp.bn{i + 1}")
    found["tokens"] = _linear(state, f"{modality}Concept")
    found["norm"] = _scaled(state, f"{encoder}.norm")
    return found


def _layer(state: Mapping[str, np.ndarray], start: str) -> dict[str, Any]:
    found = {}
    for i in (0, 1):
        found[f"linear_{i}"] = _linear(state, f"{start}.linear{i + 1}")
        found[f"norm_{i}"] = _scaled(state, f"{start}.norm{i + 1}")
    for ours, theirs in ATTENTION.items():
        name, kind = ours.split(".")
        # A matrix is transposed; of a vector nothing changes.
        found.setdefault(name, {})[kind] = state[f"{start}.{theirs}"].T
    return found


def _head(state: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Convolutions in groups, as one matrix for each token."""
    tokens = len(state["hash.3.bias"])
    matrices = {
        ours: state[f"hash.{i}.weight"].reshape(tokens, -1, columns).swapaxes(1, 2)
        for ours, i in (("inner", 0), ("outer", 3))
        for columns in (state[f"hash.{i}.weight"].shape[1],)
    }
    return {
        **matrices,
        "inner_bias": state["hash.0.bias"].reshape(tokens, -1),
        "outer_bias": state["hash.3.bias"],
        "norm": _scaled(state, "hash.1"),
    }


def _linear(state: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {"kernel": state[f"{name}.weight"].T, "bias": state[f"{name}.bias"]}


def _scaled(state: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {"scale": state[f"{name}.weight"], "bias": state[f"{name}.bias"]}


def _statistics(state: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    return {
        "mean": state[f"{name}.running_mean"],
        "var": state[f"{name}.running_var"],
    }


KIND = Kind(frozenset({"img", "txt", "init.hash.0.weight"}), _losses, run=_run)
