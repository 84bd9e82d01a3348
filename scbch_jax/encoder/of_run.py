"""The encoder that a trained run is a part of."""

from dataclasses import replace
from pathlib import Path

from scbch_jax import features
from scbch_jax.encoder.encoder import Encoder, PictureNetwork
from scbch_jax.errors import require
from scbch_jax.features import TextModel
from scbch_jax.runs import TrainedRun


def encoder_of_run(
    run: TrainedRun, *, weights: Path | None = None, text_model: Path | None = None
) -> Encoder:
    """Joins a run with what made its features, as far as it is known and at hand.

    Args:
        run: a trained run.
        weights: file of the weights of the network of pictures, if it has any.
        text_model: folder of the text model; by default where `features all` saved it,
            beside the store that the run was trained on.

    Raises:
        InputError: if weights or text model are others than those that made the run's
            features.
    """
    encoder = Encoder(
        run.networks,
        run.id,
        run.extractors,
        _text_model(run, text_model),
        _network(run, weights),
    )
    expected = {m: encoder.probe_codes(m) for m in encoder.takes}
    return replace(encoder, expected=expected)


def _network(run: TrainedRun, weights: Path | None) -> PictureNetwork | None:
    name = run.extractors.get("image", "")
    weighty = bool(name) and features.has_weights(name)
    made = f"{name or 'an unknown network'} made the features of {run.path}"
    require(weighty or not weights, "weights", weights, f"none: {made}")
    known = bool(name) and (not weighty or weights is not None)
    return PictureNetwork(name, weights) if known else None


def _text_model(run: TrainedRun, folder: Path | None) -> TextModel | None:
    sha256 = run.extractors.get("text")
    wanted = f"none: an unknown model made the features of {run.path}"
    require(bool(sha256) or not folder, "text_model", folder, wanted)
    if not sha256:
        return None
    if folder is None:
        store = Path(run.networks.experiment.data.root).absolute()
        folder = store.with_name(f"{store.name}.model")
        if not folder.is_dir():
            return None
    model = features.load_text_model(folder)
    got = f"{folder} with SHA-256 {features.model_sha256(model)}"
    same = features.model_sha256(model) == sha256
    require(same, "text_model", got, f"{sha256} as {run.path} (--text-model names it)")
    return model
