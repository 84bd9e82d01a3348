"""Features of raw pictures and texts.

JAX, PyTorch, gensim and tensorflow-datasets are imported where they are used.
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
from scbch_jax.features.extraction import (
    FeatureCache,
    Unreadable,
    extract,
    extract_texts,
    open_cache,
)
from scbch_jax.features.extractors import (
    Extractor,
    VGG19Weights,
    descriptor_extractor,
    extractor_named,
    extractor_of,
    has_weights,
    pretrained_extractor,
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
    Crop,
    center_crop,
    encode_png,
    read_picture,
    read_thumbnail,
)
from scbch_jax.features.pretrained import (
    Pretrained,
    describe_pretrained,
    open_pretrained,
)
from scbch_jax.features.pretrained_files import (
    PretrainedFiles,
    files_of,
    find_pretrained,
    is_pretrained,
    read_files,
)
from scbch_jax.features.text_models import (
    TEXTS,
    SavedModel,
    TextModel,
    TextNetwork,
    column_names,
    known_words,
    load_text_model,
    model_id,
    model_sha256,
    model_summary,
    save_text_model,
    text_features,
    unknown_words,
    without_known_words,
)

__all__ = [
    "DESCRIPTOR_DIM",
    "TEXTS",
    "BagOfWords",
    "Captions",
    "Crop",
    "DbowConfig",
    "DbowModel",
    "Doc2VecConfig",
    "Doc2VecModel",
    "Extractor",
    "FeatureCache",
    "Manifest",
    "Pretrained",
    "PretrainedFiles",
    "Sample",
    "SavedModel",
    "TextModel",
    "TextNetwork",
    "Unreadable",
    "VGG19Weights",
    "Vocabulary",
    "bag_of_words",
    "build_vocabulary",
    "center_crop",
    "column_names",
    "compute_descriptors",
    "dbow_vectors",
    "describe_pretrained",
    "descriptor_extractor",
    "encode_png",
    "extract",
    "extract_texts",
    "extractor_named",
    "extractor_of",
    "files_of",
    "find_pretrained",
    "has_weights",
    "infer_vectors",
    "is_pretrained",
    "known_words",
    "load_text_model",
    "model_id",
    "model_sha256",
    "model_summary",
    "multi_hot",
    "open_cache",
    "open_captions",
    "open_pretrained",
    "pretrained_extractor",
    "read_files",
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
