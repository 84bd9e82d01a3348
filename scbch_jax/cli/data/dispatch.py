"""`scbch data`: looking at files, and getting them into a store."""

from scbch_jax.cli.data import captions, import_, inspect, noise, show, tfds, verify
from scbch_jax.cli.options.commands import DataCommand
from scbch_jax.cli.options.data_commands import (
    CaptionsData,
    ImportData,
    InspectData,
    NoiseData,
    ShowData,
    TfdsData,
    VerifyData,
)

WHAT = {
    ShowData: show.main,
    InspectData: inspect.main,
    ImportData: import_.main,
    VerifyData: verify.main,
    TfdsData: tfds.main,
    CaptionsData: captions.main,
    NoiseData: noise.main,
}
"""What runs for each kind of options."""


def main(options: DataCommand) -> None:
    """Does what was asked for."""
    WHAT[type(options.what)](options.what)
