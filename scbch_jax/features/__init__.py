"""Features of raw pictures and texts.

JAX, gensim, h5py and tensorflow-datasets are imported where they are used.
"""

from scbch_jax.config.data import DbowConfig, Doc2VecConfig
from scbch_jax.features.bag_of_words import (
    BagOfWords,
    Vocabulary,
    bag_of_words,
    build_vocabulary,
    tokenize,
)
from scbch_jax.features.coco_captions import Captions, open_captions, write_captions
from scbch_jax.features.dbow import DbowModel, dbow_vectors, train_dbow
from scbch_jax.features.descriptors import DESCRIPTOR_DIM, compute_descriptors
from scbch_jax.features.doc2vec import Doc2VecModel, infer_vectors, train_doc2vec
from scbch_jax.features.extraction import FeatureCache, Unreadable, extract, open_cache
from scbch_jax.features.extractors import (
    Extractor,
    VGG19Weights,
    descriptor_extractor,
    extractor_named,
    extractor_of,
    has_weights,
    read_vgg19,
    vgg19_extractor,
)
from scbch_jax.features.manifest import (
    Manifest,
    Sample,
    multi_hot,
    read_manifest,
    require_inside,
)
from scbch_jax.features.pictures import (
    Cut,
    center_crop,
    encode_png,
    read_picture,
    read_thumbnail,
)
from scbch_jax.features.text_models import (
    TextModel,
    column_names,
    known_words,
    load_text_model,
    model_sha256,
    model_summary,
    save_text_model,
    text_features,
    unknown_words,
    without_known_words,
)

__all__ = [
    "DESCRIPTOR_DIM",
    "BagOfWords",
    "Captions",
    "Cut",
    "DbowConfig",
    "DbowModel",
    "Doc2VecConfig",
    "Doc2VecModel",
    "Extractor",
    "FeatureCache",
    "Manifest",
    "Sample",
    "TextModel",
    "Unreadable",
    "VGG19Weights",
    "Vocabulary",
    "bag_of_words",
    "build_vocabulary",
    "center_crop",
    "column_names",
    "compute_descriptors",
    "dbow_vectors",
    "descriptor_extractor",
    "encode_png",
    "extract",
    "extractor_named",
    "extractor_of",
    "has_weights",
    "infer_vectors",
    "known_words",
    "load_text_model",
    "model_sha256",
    "model_summary",
    "multi_hot",
    "open_cache",
    "open_captions",
    "read_manifest",
    "read_picture",
    "read_thumbnail",
    "read_vgg19",
    "require_inside",
    "save_text_model",
    "text_features",
    "tokenize",
    "train_dbow",
    "train_doc2vec",
    "unknown_words",
    "vgg19_extractor",
    "without_known_words",
    "write_captions",
]
