"""The encoder that a trained run is a part of."""

from dataclasses import replace
from pathlib import Path

from scbch_jax import features
from scbch_jax.data import store
from scbch_jax.encoder.encoder import Encoder, PictureNetwork
from scbch_jax.errors import require
from scbch_jax.features import TextModel, TextNetwork
from scbch_jax.runs import TrainedRun


def encoder_of_run(
    run: TrainedRun, *, weights: Path | None = None, text_model: Path | None = None
) -> Encoder:
    """Joins a run with what made its features, as far as it is known and at hand.

    Args:
        run: a trained run.
        weights: file of the weights of the network, or its folder, if it has any; by
            default the folder that is noted in the store that the run was trained on.
        text_model: folder of the text model; by default where `features all` saved it,
            beside the store.

    Raises:
        InputError: if weights or text model are others than those that made the run's
            features.
    """
    weights = _weights(run, weights)
    encoder = Encoder(
        run.networks,
        run.id,
        run.extractors,
        _text_model(run, text_model, weights),
        _network(run, weights),
    )
    expected = {m: encoder.self_check_codes(m) for m in encoder.takes}
    return replace(encoder, expected=expected)


def _weights(run: TrainedRun, given: Path | None) -> Path | None:
    names = run.extractors
    weighty = any(map(features.has_weights, names.values()))
    made = (
        f"{names.get('image') or 'an unknown network'} made the features of {run.path}"
    )
    require(weighty or not given, "weights", given, f"none: {made}")
    if given or not weighty or not store.is_store(_store(run)):
        return given
    noted = store.network_folder(store.read(_store(run)))
    return noted if noted and noted.is_dir() else None


def _network(run: TrainedRun, weights: Path | None) -> PictureNetwork | None:
    name = run.extractors.get("image", "")
    known = bool(name) and (weights is not None or not features.has_weights(name))
    return PictureNetwork(name, weights) if known else None


def _text_model(
    run: TrainedRun, folder: Path | None, weights: Path | None
) -> TextModel | None:
    name = run.extractors.get("text", "")
    network = features.is_pretrained(name)
    made = "a network" if network else "an unknown model"
    wanted = f"none: {made} made the features of {run.path}"
    require((bool(name) and not network) or not folder, "text_model", folder, wanted)
    if network:
        return TextNetwork(name, weights) if weights else None
    if not name:
        return None
    if folder is None:
        folder = _store(run).with_name(f"{_store(run).name}.model")
        if not folder.is_dir():
            return None
    model = features.load_text_model(folder)
    got = f"{folder} with SHA-256 {features.model_sha256(model)}"
    same = features.model_sha256(model) == name
    require(same, "text_model", got, f"{name} as {run.path} (--text-model names it)")
    return model


def _store(run: TrainedRun) -> Path:
    """The store that a run was trained on, if it was a store."""
    return Path(run.networks.experiment.data.root).absolute()
