"""pip_like on MIRFlickr-25K, 64 bits. It trains without labels.

    bin/scbch train configs/pip_like_mirflickr.py --data.root FOLDER

pip_like: a reconstruction of PIP; not compared with an original implementation. For
another benchmark add `--data.name coco`, for example. Expected with `--options.hidden
256 --options.generator-hidden 256 --options.classifier-hidden 256`, MobileNetV2
features of 15,677 rows and seed 0: average MAP 66.4 % at the last epoch, which is the
best of those scored, every tenth. Published for PIP: 69.3 %, so it is not reproduced.
At the default widths neither time nor score is measured.
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
