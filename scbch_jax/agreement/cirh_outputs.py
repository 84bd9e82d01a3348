"""CIRH: its graph, the losses of given codes, and a training run."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import losses
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.arrays import Params
from scbch_jax.config.cirh import HParams, Options
from scbch_jax.methods import Recipe, cirh
from scbch_jax.networks import JointOutputs
from scbch_jax.types import Split

NAMES = {
    "lambda1": "identity_weight",
    "lambda2": "correlation_weight",
    "beta": "similarity_weight",
    "LR_MyNet": "joint_learning_rate",
    "LR_IMG": "image_learning_rate",
    "LR_TXT": "text_learning_rate",
}
"""Keys of a file, and the hyperparameters that they are."""

JOINT = {
    "image_encoder": ("encoderIMG.0", "encoderIMG.1"),
    "text_encoder": ("encoderTXT.0", "encoderTXT.1"),
    "image_graph": ("gcnI1", "BNI1"),
    "text_graph": ("gcnT1", "BNT1"),
    "joint_graph": ("gcnJ1", "BNJ1"),
    "image_part": ("img_fc", "HIBN"),
    "text_part": ("txt_fc", "HTBN"),
    "joint_part": ("HJ", "HJBN"),
    "fused": ("HC", "HBN"),
    "image_decoder_0": ("decoderIMG.0", "decoderIMG.1"),
    "image_decoder_1": ("decoderIMG.3", "decoderIMG.4"),
    "text_decoder_0": ("decoderTXT.0", "decoderTXT.1"),
    "text_decoder_1": ("decoderTXT.3", "decoderTXT.4"),
}
"""Layers of the joint network, and the names of layer and normalization as released."""

FUNCTION = {"layer_0": "fc1", "layer_1": "tohash"}
"""Layers of a hash function likewise."""

TERMS = {
    "joint": ("identity", "correlation", "discretization"),
    "functions": ("regression", "similarity"),
}
"""The released losses, and the terms that each is the sum of."""

VARIABLES = {
    "joint": ("image_part", "text_part", "codes"),
    "functions": ("image_codes", "text_codes"),
}
"""What the gradients of each loss are taken by."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    image, text = (jnp.asarray(arrays[k]) for k in ("img", "txt"))
    graph = cirh.context(_options(arrays), Split(image, text, image))
    yield compare("graph", graph, arrays["exp_graph"], kind="loss")
    codes = {k: jnp.asarray(arrays[k]) for part in VARIABLES.values() for k in part}
    rows = len(codes["codes"])
    block = jnp.asarray(arrays["exp_graph"])[:rows, :rows]

    def inputs_of(moved: Mapping[str, Any]) -> cirh.TermInputs:
        given = {**codes, **moved}
        relaxed = {k: given.pop(k) for k in VARIABLES["functions"]}
        # Features count as reconstructed, so their term is 0.
        features = {"image": image, "text": text}
        joint = JointOutputs(**given, **features)
        return cirh.TermInputs(
            **relaxed, target=block, joint=joint, graph=block, **features
        )

    terms = cirh.terms(_numbers(arrays))
    for name, part in VARIABLES.items():
        objective = losses.weighted_sum({k: terms[k] for k in TERMS[name]})
        yield from replay.compare_loss(
            arrays,
            name,
            lambda moved, objective=objective: objective(inputs_of(moved))[0],
            {k: codes[k] for k in part},
            output=f"exp_{name}",
        )


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    hp, train = _numbers(arrays), replay.train_set(arrays)
    sizes = replay.sizes_of(train, len(arrays["init_img.tohash.bias"]))
    recipe = Recipe("cirh", sizes, _options(arrays), int(arrays["BATCH_SIZE"]))
    method = recipe.build(hp)
    template, state = jax.eval_shape(method.init, jax.random.key(0))
    state = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), state)
    run = replay.started(method, _params(arrays, template, "init"), state)
    run, log, _ = replay.trained(arrays, run, hp, recipe)
    weights = {k: weight for k, (weight, _) in cirh.terms(hp).items()}
    recorded = arrays["exp_loss"].swapaxes(0, 1).reshape(len(TERMS), -1)
    yield StepLosses(log["total"], recorded.sum(axis=0))
    for (name, parts), values in zip(TERMS.items(), recorded, strict=True):
        computed = sum(weights[k] * log[k] for k in parts)
        yield from replay.compare_steps(name, computed, values)
    wanted = _params(arrays, template, "exp_final")
    pairs = zip(
        *map(jax.tree_util.tree_leaves_with_path, (run.params, wanted)), strict=True
    )
    for (path, leaf), (_, right) in pairs:
        kind = "without gradient" if _without_gradient(path) else "parameters"
        yield compare(f"final {_torch_name(path)}", leaf, right, kind=kind)
    encoders = {"image": method.encode_image, "text": method.encode_text}
    for (modality, encode), rows in zip(encoders.items(), train[:2], strict=True):
        signs = losses.binary_codes(encode(run.params, rows))
        recorded = arrays[f"exp_{modality}_codes"]
        yield compare(f"{modality} codes", signs, recorded, kind="choices")


def _params(arrays: Mapping[str, np.ndarray], template: Params, stage: str) -> Params:
    """The recorded weights, as the method names them."""
    return jax.tree_util.tree_map_with_path(
        lambda path, _: jnp.asarray(arrays[f"{stage}_{_torch_name(path)}"].T), template
    )


def _torch_name(path: Any) -> str:
    group, layer, entry = (step.key for step in path)
    entry = "bias" if entry == "bias" else "weight"
    if group != "joint":
        return f"{dict(replay.MODALITIES)[group]}.{FUNCTION[layer]}.{entry}"
    name = layer.removesuffix("_norm")
    return f"joint.{JOINT[name][name != layer]}.{entry}"


def _without_gradient(path: Any) -> bool:
    """Whether it is a constant that the next normalization subtracts."""
    group, layer, entry = (step.key for step in path)
    # H_J goes only into the fused layer, which is normalized again.
    kept = layer.endswith(("_graph", "_norm")) and layer != "joint_part_norm"
    return group == "joint" and entry == "bias" and not kept


def _options(arrays: Mapping[str, np.ndarray]) -> Options:
    """The recorded options; the released code has no other rows than by position."""
    layers = {"hidden": "init_img.fc1.bias", "joint_hidden": "init_joint.gcnJ1.bias"}
    return Options(
        image_weight=float(arrays["a1"]),
        cosine_weight=float(arrays["a2"]),
        dropped=float(arrays["K"]) / len(arrays["img"]),
        similarity_rows="position",
        dropout=0.0,
        **{k: len(arrays[layer]) for k, layer in layers.items() if layer in arrays},
    )


def _numbers(arrays: Mapping[str, np.ndarray]) -> HParams:
    return HParams(**{ours: float(arrays[k]) for k, ours in NAMES.items()})


KIND = Kind(frozenset({"img", "txt", "LR_MyNet", "a1", "a2"}), _losses, run=_run)
