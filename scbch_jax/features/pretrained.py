"""Features by pretrained networks: of image-text models, and of encoders of either.

PyTorch and `transformers` are loaded where a network is opened. Preprocessing is the
network's own, in its implementation by Pillow and NumPy.
"""

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from scbch_jax.errors import InputError, require
from scbch_jax.extras import import_optional, require_packages
from scbch_jax.features.pooling import Pooling, pool, read_pooling
from scbch_jax.features.pretrained_files import MIXED, PretrainedFiles, read_files

SHORT = 128
"""Image-text models that take no more tokens get texts filled up to that number, as
SigLIP needs it and CLIP allows it; others texts as long as the longest of a batch."""


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A network; its parts are loaded when they are first used."""

    name: str
    """As `PretrainedFiles.name`."""
    folder: Path

    @cached_property
    def takes(self) -> tuple[str, ...]:
        """What it has features of: image, text or both."""
        with self._reading("its configuration"):
            found = _transformers().MODEL_MAPPING[type(self.config)]
        model = found[0] if isinstance(found, tuple | list) else found
        image, text = (hasattr(model, f"get_{m}_features") for m in ("image", "text"))
        if not (image or text):
            image = model.main_input_name == "pixel_values"
            text = model.main_input_name == "input_ids"
        return ("image",) * image + ("text",) * text

    def require(self, modality: str) -> None:
        """Raises `InputError` unless it has features of a modality."""
        got = f"{self.folder}, which has no {modality} features"
        require(modality in self.takes, "network", got, f"a network of {modality}s")

    def prepare(self, picture: Image.Image) -> np.ndarray:
        """What the network takes of an RGB picture: a record of arrays.

        All pictures have the same shapes, or are refused.
        """
        found = self.processor(images=[picture], return_tensors="np")
        names = self.processor.model_input_names
        arrays = {name: np.asarray(found[name])[0] for name in names if name in found}
        fields = [(name, array.dtype, array.shape) for name, array in arrays.items()]
        row = np.zeros((), np.dtype(fields))
        for name, array in arrays.items():
            row[name] = array
        return row

    def pictures(self, rows: np.ndarray) -> Float[np.ndarray, "n width"]:
        """Features of prepared pictures."""
        return self._compute("image", {n: rows[n] for n in rows.dtype.names or ()})

    def texts(self, texts: Sequence[str]) -> Float[np.ndarray, "n width"]:
        """Features of texts; longer ones than the network takes are truncated."""
        most = self.max_tokens
        joint = hasattr(self.model, "get_text_features")
        short = joint and most is not None and most <= SHORT
        tokens = self.tokenizer(
            list(texts),
            padding="max_length" if short else True,
            truncation=most is not None,
            max_length=most,
            return_tensors="np",
        )
        names = self.tokenizer.model_input_names
        return self._compute("text", {n: tokens[n] for n in names if n in tokens})

    @cached_property
    def picture_width(self) -> int:
        """Columns of the features of pictures."""
        blank = Image.new("RGB", (64, 64))
        with self._reading("features of a picture"):
            return self.pictures(self.prepare(blank)[None]).shape[1]

    @cached_property
    def text_width(self) -> int:
        """Columns of the features of texts."""
        with self._reading("features of a text"):
            return self.texts(["a"]).shape[1]

    @cached_property
    def config(self) -> Any:
        """The configuration of the network."""
        return self._load("AutoConfig", "its configuration")

    @cached_property
    def processor(self) -> Any:
        """The preprocessing of pictures."""
        return self._load("AutoImageProcessor", "its preprocessing", backend="pil")

    @cached_property
    def tokenizer(self) -> Any:
        """The preprocessing of texts."""
        return self._load("AutoTokenizer", "its tokenizer")

    @cached_property
    def max_tokens(self) -> int | None:
        """How many tokens of a text are taken."""
        config = getattr(self.config, "text_config", self.config)
        places = getattr(config, "max_position_embeddings", None)
        # The first places of RoBERTa and its kin are those of no token.
        unused = 2 if places and "roberta" in self.config.model_type else 0
        most = (places and places - unused, self.pooling.max_tokens)
        limits = [self.tokenizer.model_max_length, *(n for n in most if n)]
        least = min(limits)
        # Tokenizers without a limit say 1e30.
        return least if least < 1_000_000 else None

    @cached_property
    def pooling(self) -> Pooling:
        """How a sentence encoder makes one vector of those of its tokens."""
        return read_pooling(self.folder)

    @cached_property
    def device(self) -> str:
        """Where it computes: cuda if there is a GPU, else cpu."""
        device = "cuda" if _torch().cuda.is_available() else "cpu"
        mixed = self.name.endswith(MIXED)
        wanted = "a GPU that PyTorch can use, or full precision"
        require(device == "cuda" or not mixed, "mixed", "True", wanted)
        return device

    @property
    def model(self) -> Any:
        """The network on its device, in float32."""
        return self._loaded[0]

    @cached_property
    def _loaded(self) -> tuple[Any, bool]:
        """The network, and whether its pooling layer has weights."""
        device = self.device
        model, info = self._load(
            "AutoModel",
            "its weights",
            use_safetensors=True,
            dtype=_torch().float32,
            output_loading_info=True,
        )
        # Those of the pooling layer may be missing; they would be drawn.
        missing = sorted(info["missing_keys"])
        lost = [name for name in missing if "pooler." not in name]
        lost += sorted(map(str, info["mismatched_keys"]))
        got = f"{self.folder} without {', '.join(lost[:3])}"
        require(not lost, "network", got, "all weights, of their own shapes")
        return model.to(device).eval(), not missing

    def _compute(
        self, modality: str, inputs: Mapping[str, np.ndarray]
    ) -> Float[np.ndarray, "n width"]:
        torch, model = _torch(), self.model
        given = {
            n: torch.from_numpy(np.ascontiguousarray(a)) for n, a in inputs.items()
        }
        given = {name: tensor.to(self.device) for name, tensor in given.items()}
        joint = getattr(model, f"get_{modality}_features", None)
        with torch.inference_mode(), self._precision():
            found = (joint or model)(**given)
            if not joint and modality == "text":
                found = self._pooled_text(found, given)
            else:
                found = self._vector(found)
        found = found.float().cpu().numpy()
        got = f"{self.folder} with features of shape {found.shape}"
        wanted = "a network that makes one vector of an input"
        require(found.ndim == 2, "network", got, wanted)
        return found

    def _vector(self, found: Any) -> Any:
        """The vector of each input in what a network returns."""
        if _torch().is_tensor(found):
            return found
        pooled = getattr(found, "pooler_output", None)
        if pooled is not None and self._loaded[1]:
            return pooled.flatten(1) if pooled.ndim == 4 else pooled
        # The vector of the class token.
        return found.last_hidden_state[:, 0]

    def _pooled_text(self, found: Any, given: Mapping[str, Any]) -> Any:
        if self.config.model_type.endswith("text_model"):  # half of an image-text model
            return self._vector(found)
        mask = given.get("attention_mask")
        mask = _torch().ones_like(given["input_ids"]) if mask is None else mask
        return pool(found.last_hidden_state, mask, self.pooling)

    @contextlib.contextmanager
    def _precision(self) -> Iterator[None]:
        """Float32 in full precision, or autocast to bfloat16."""
        torch = _torch()
        mixed = self.name.endswith(MIXED)
        with (
            torch.backends.cudnn.flags(allow_tf32=False),
            torch.autocast(self.device, dtype=torch.bfloat16, enabled=mixed),
        ):
            yield

    def _load(self, loader: str, what: str, **options: Any) -> Any:
        """Loads a part from the folder: no code of its own, nothing from elsewhere."""
        options |= {"local_files_only": True, "trust_remote_code": False}
        with self._reading(what):
            load = getattr(_transformers(), loader).from_pretrained
            return load(str(self.folder), **options)

    @contextlib.contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        """One line for whatever `transformers` raises about a folder."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            words = (str(error).strip() or type(error).__name__).splitlines()[0]
            got = f"{self.folder}, of which {what} cannot be used ({words})"
            wanted = "a complete network that transformers knows"
            raise InputError(f"network: got {got}, wanted {wanted}") from error


@functools.lru_cache(maxsize=1)
def open_pretrained(name: str, folder: Path) -> Pretrained:
    """A network whose files were found; the last one is kept for both modalities."""
    return Pretrained(name, folder)


@functools.lru_cache(maxsize=1)
def pretrained_named(name: str, folder: Path | None) -> Pretrained:
    """The network of a name that a store or a run has recorded.

    Raises:
        InputError: if it is not in the folder.
    """
    wanted = f"--weights FOLDER, as {name}"
    require(folder is not None, "weights", "none", wanted)
    assert folder is not None
    require(folder.is_dir(), "weights", f"{folder}, which is not a folder", wanted)
    require_packages(name, "transformers")
    files = read_files(folder, mixed=name.endswith(MIXED))
    require(files.name == name, "weights", f"{folder}: {files.name}", name)
    return open_pretrained(name, folder)


def describe_pretrained(files: PretrainedFiles) -> dict[str, Any]:
    """What a store records of a network beside its name, as JSON."""
    versions = {"transformers": _transformers().__version__}
    return {
        "asked for": files.given,
        "folder": str(files.folder.absolute()),
        "revision": files.revision,
        "weights sha256": files.weights,
        "versions": versions | {"torch": _torch().__version__},
    }


def _torch() -> Any:
    return import_optional("torch", "a pretrained network")


@functools.cache
def _transformers() -> Any:
    """The package, which says what matters by errors: no warnings, no progress bars."""
    transformers = import_optional("transformers", "a pretrained network")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers
