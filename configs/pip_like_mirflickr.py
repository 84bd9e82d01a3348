"""pip_like on MIRFlickr-25K, 64 bits. It trains without labels.

    bin/scbch train configs/pip_like_mirflickr.py --data.root FOLDER

For another benchmark add `--data.name coco`, for example.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, pip_like


def get_config() -> Experiment:
    """The settings that the successor's released code still has."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("none"),
        bits=64,
        method="pip_like",
        options=pip_like.Options(),
        hparams=pip_like.HParams(),
        training=Training(epochs=200, batch_size=256),
    )
