"""The encoder: everything between a picture or a text and its code, with one id.

FOLDER/encoder.json             what it consists of, with checksums, and its id
FOLDER/networks.safetensors     the arrays of both hash networks
FOLDER/probes.safetensors       relaxed codes of random inputs, for the self-check
FOLDER/text/                    the text model
FOLDER/weights.*                weights of the image feature network, if copied
FOLDER/network/                 a pretrained network, likewise
"""

from scbch_jax.encoder.encoder import Encoded, Encoder
from scbch_jax.encoder.files import open_encoder, read_encoder, write_encoder
from scbch_jax.encoder.of_run import encoder_of_run

__all__ = [
    "Encoded",
    "Encoder",
    "encoder_of_run",
    "open_encoder",
    "read_encoder",
    "write_encoder",
]
