"""SCBCH on MS-COCO, 64 bits, half of the training rows mislabelled.

bin/scbch train configs/scbch_coco.py --data.root FOLDER
"""

from scbch_jax.config import Data, Experiment, Noise, scbch


def get_config() -> Experiment:
    """The settings of the paper and the released code; noise is drawn."""
    return Experiment(
        data=Data("coco"),
        noise=Noise("swap", rate=0.5),
        bits=64,
        options=scbch.Options(neighbors=20),
        hparams=scbch.HParams(margin=0.3, shift=1.1),
    )
