"""What the service needs of an encoder: raw words and pictures to codes."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8


@runtime_checkable
class Encoded(Protocol):
    """Codes of some texts or pictures."""

    @property
    def codes(self) -> UInt8[np.ndarray, "n bytes"]:
        """Packed codes."""
        ...

    @property
    def relaxed(self) -> Float[np.ndarray, "n bits"]:
        """Relaxed codes."""
        ...

    @property
    def unknown_words(self) -> list[list[str]]:
        """Of each text, the words that the model does not know."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Everything between raw input and code, with one id."""

    @property
    def id(self) -> str:
        """Checksum of all of it; indexes hold codes of one encoder."""
        ...

    @property
    def takes(self) -> tuple[str, ...]:
        """What raw input it takes: image, text, both or nothing."""
        ...

    def self_check(self) -> None:
        """Compiles everything and encodes its self-check inputs.

        Raises:
            InputError: if they get other codes than they had.
        """
        ...

    def check_text(self, text: str) -> list[str]:
        """The unknown words of a text; any thread may call it.

        Raises:
            InputError: if no word is known.
        """
        ...

    def read_picture(
        self, source: Any, *, max_pixels: int, formats: tuple[str, ...]
    ) -> UInt8[np.ndarray, "side side 3"]:
        """Reads a picture from an open file; any thread may call it.

        Raises:
            InputError: if it is damaged, too large or of another format.
        """
        ...

    def texts(self, texts: list[str]) -> Encoded:
        """Codes of texts; one thread at a time may call it."""
        ...

    def pictures(self, pictures: list[Any]) -> Encoded:
        """Codes of pictures that were read; one thread at a time may call it."""
        ...
