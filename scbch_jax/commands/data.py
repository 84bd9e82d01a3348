"""`scbch data`: looking at files, and getting them into a store."""

from scbch_jax.commands import (
    data_captions,
    data_import,
    data_inspect,
    data_noise,
    data_show,
    data_tfds,
    data_verify,
)
from scbch_jax.settings.commands import DataCommand
from scbch_jax.settings.data_commands import (
    CaptionsData,
    ImportData,
    InspectData,
    NoiseData,
    ShowData,
    TfdsData,
    VerifyData,
)

WHAT = {
    ShowData: data_show.main,
    InspectData: data_inspect.main,
    ImportData: data_import.main,
    VerifyData: data_verify.main,
    TfdsData: data_tfds.main,
    CaptionsData: data_captions.main,
    NoiseData: data_noise.main,
}
"""What runs for each kind of options."""


def main(options: DataCommand) -> None:
    """Does what was asked for."""
    WHAT[type(options.what)](options.what)
