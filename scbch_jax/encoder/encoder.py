"""Pictures and texts to codes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax import features
from scbch_jax.config.data import MAX_PIXELS
from scbch_jax.encoder import self_check_inputs
from scbch_jax.errors import InputError, require
from scbch_jax.features import Extractor, TextModel, TextNetwork
from scbch_jax.features.pictures import FORMATS
from scbch_jax.runs import HashNetworks

BATCH = 8
"""Rows that are computed at once, if there are several: one alone and these are the
only shapes, so that two compiled programs serve all requests."""

TOLERANCE = 1e-4
"""Largest difference of relaxed codes that processors and versions may cause."""


class Encoded(NamedTuple):
    """Codes of pictures or texts."""

    codes: UInt8[np.ndarray, "n bytes"]
    """Packed codes."""
    relaxed: Float[np.ndarray, "n bits"]
    """Relaxed codes, of which they are the signs."""
    unknown_words: list[list[str]]
    """Words of each text that the text model does not know; of pictures none."""


class PictureNetwork(NamedTuple):
    """The image feature network, before its weights are loaded."""

    name: str
    """As `Extractor.name`."""
    weights: Path | None = None
    """File of its weights or folder of the network, if it has any."""


@dataclass(frozen=True, eq=False)
class Encoder:
    """An opened encoder. Its parts are loaded when they are first used.

    Reading pictures and checking texts is thread-safe; encoding is not, since Doc2Vec
    has a random state of its own.
    """

    networks: HashNetworks
    id: str
    """SHA-256 of all that decides the code of an input."""
    extractors: Mapping[str, str]
    """Names of the image feature network and of the text model, by modality: what the
    hash networks were trained on."""
    text_model: TextModel | None = None
    network: PictureNetwork | None = None
    expected: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Relaxed codes of the self-check inputs, by modality."""
    _checked: set[str] = field(default_factory=set)

    @property
    def bits(self) -> int:
        """Length of the codes."""
        return self.networks.recipe.sizes.bits

    @property
    def takes(self) -> tuple[str, ...]:
        """Of which modalities it takes raw input, image or text or both."""
        have = {"image": self.network, "text": self.text_model}
        return tuple(m for m, part in have.items() if part is not None)

    @property
    def weights(self) -> Path | None:
        """File of the weights of the network, or its folder, if it has any."""
        if isinstance(self.text_model, TextNetwork):
            return self.text_model.folder
        return self.network.weights if self.network else None

    @cached_property
    def extractor(self) -> Extractor:
        """The image feature network.

        Raises:
            InputError: if there is none, or its weights cannot be used.
        """
        return features.extractor_named(*self._require("image", self.network))

    def read_picture(
        self,
        source: Path | BytesIO,
        *,
        max_pixels: int = MAX_PIXELS,
        formats: tuple[str, ...] = FORMATS,
    ) -> np.ndarray:
        """Reads a picture and prepares it for `pictures`; see `features.read_picture`.

        Raises:
            InputError: if it cannot be read, or the encoder takes no pictures.
        """
        prepare = self.extractor.prepare
        return features.read_picture(
            source, max_pixels=max_pixels, prepare=prepare, formats=formats
        )

    def check_text(self, text: str) -> list[str]:
        """The words of a text that the text model does not know, each once.

        Raises:
            InputError: if it knows none of them, or the encoder takes no texts.
        """
        return features.unknown_words(text, self._known_words)

    def texts(self, texts: Sequence[str]) -> Encoded:
        """Encodes texts.

        Raises:
            InputError: for a text without a known word, if the encoder takes no texts,
                or if the self-check fails.
        """
        unknown = [self.check_text(text) for text in texts]
        self._check_once("text")
        return self._encoded("text", self.text_features(texts), unknown)

    def pictures(self, pictures: Sequence[np.ndarray]) -> Encoded:
        """Encodes pictures that `read_picture` read.

        Raises:
            InputError: if the encoder takes no pictures, or the self-check fails.
        """
        self._check_once("image")
        found = self.picture_features(pictures)
        return self._encoded("image", found, [[] for _ in pictures])

    def text_features(self, texts: Sequence[str]) -> Float[np.ndarray, "n width"]:
        """Features of texts; zeros for a text without a known word."""
        model = self._require("text", self.text_model)
        return features.text_features(model, texts)

    def picture_features(
        self, pictures: Sequence[np.ndarray]
    ) -> Float[np.ndarray, "n width"]:
        """Features of pictures, computed one alone or eight at once."""
        extractor = self.extractor
        rows = np.stack(pictures) if len(pictures) else np.zeros((0, 1))
        return in_batches(extractor.apply, rows, width=extractor.width)

    def self_check(self, *modalities: str) -> None:
        """Compares the codes of random inputs with those when the encoder was built.

        This compiles both batch shapes. A difference is due to other weights, another
        precision or a broken device.

        Args:
            modalities: by default all that it takes.

        Raises:
            InputError: if relaxed codes differ by more than 1e-4.
        """
        for modality in modalities or self.takes:
            for count in (self_check_inputs.COUNT, 1):
                found = self.self_check_codes(modality, count)
                # There are none if the weights were not at hand then.
                wanted = self.expected.get(modality, found)
                far = float(np.abs(found - wanted[:count]).max(initial=0))
                codes = f"{modality} codes of its self-check inputs"
                got = f"{codes} that differ by {far:.2g}"
                text = f"at most {TOLERANCE}: the weights, precision and device"
                ok = far <= TOLERANCE
                require(ok, "encoder", got, f"{text} that it was built with")
            self._checked.add(modality)

    def self_check_codes(
        self, modality: str, count: int = self_check_inputs.COUNT
    ) -> Float[np.ndarray, "n bits"]:
        """Relaxed codes of the first self-check inputs of a modality."""
        if modality == "text":
            model = self._require("text", self.text_model)
            rows = self.text_features(self_check_inputs.texts(model)[:count])
        else:
            drawn = self_check_inputs.pictures()[:count]
            rows = self.picture_features([self.extractor.prepare(p) for p in drawn])
        return self._relax(modality, rows)

    def _check_once(self, modality: str) -> None:
        if modality not in self._checked:
            self.self_check(modality)

    def _encoded(
        self, modality: str, rows: np.ndarray, unknown: list[list[str]]
    ) -> Encoded:
        relaxed = self._relax(modality, rows)
        return Encoded(np.packbits(relaxed > 0, axis=1), relaxed, unknown)

    def _relax(self, modality: str, rows: np.ndarray) -> np.ndarray:
        def relax(batch: np.ndarray) -> np.ndarray:
            return self.networks.relaxed_codes(modality, batch)

        return in_batches(relax, rows, width=self.bits)

    @cached_property
    def _known_words(self) -> frozenset[str] | None:
        return features.known_words(self._require("text", self.text_model))

    def _require(self, modality: str, part: Any) -> Any:
        """The part that a modality needs."""
        if part is None:
            kind = {"image": "a picture", "text": "a text"}[modality]
            name = self.extractors.get(modality, "what made its features")
            wanted = " or ".join((*self.takes, "code"))
            raise InputError(
                f"{modality}: got {kind}, but the encoder lacks {name}; wanted {wanted}"
            )
        return part


def in_batches(
    function: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, *, width: int
) -> Float[np.ndarray, "n width"]:
    """Computes one row alone, and several in batches of 8, the last one filled up.

    Args:
        function: rows to rows of another width.
        rows: at least one axis.
        width: of the result.
    """
    size = 1 if len(rows) == 1 else BATCH
    found = np.zeros((len(rows), width), np.float32)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        batch = part[np.minimum(np.arange(size), len(part) - 1)]
        found[start : start + size] = function(batch)[: len(part)]
    return found
