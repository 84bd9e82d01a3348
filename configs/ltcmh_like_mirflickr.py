"""ltcmh_like on MIRFlickr-25K, 64 bits, 50 % noise.

    bin/scbch train configs/ltcmh_like_mirflickr.py --data.root FOLDER

ltcmh_like: a reconstruction of LtCMH; not compared with an original implementation.
Expected with `--options.hidden 256`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 69.5 % at the last epoch, which is the best of those scored, every tenth.
Published for LtCMH: 73.9 %, so it is not reproduced. At the default width neither time
nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, ltcmh_like


def get_config() -> Experiment:
    """The schedule of MetaCMH, by the same authors."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="ltcmh_like",
        options=ltcmh_like.Options(),
        hparams=ltcmh_like.HParams(),
        training=Training(epochs=100, batch_size=128),
    )
