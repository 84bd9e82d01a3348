"""Raw pictures and words to features; training never needs this room."""

from scbch_jax.features.captions import Captions, open_captions, write_captions
from scbch_jax.features.descriptors import DESCRIPTOR_DIM, describe
from scbch_jax.features.doc2vec import (
    Doc2VecConfig,
    Documents,
    learn_documents,
    place_documents,
)
from scbch_jax.features.extraction import Unread, extract, open_partial
from scbch_jax.features.extractors import Extractor, descriptor, of_weights, vgg19
from scbch_jax.features.feature_cache import FeatureCache
from scbch_jax.features.manifest import Manifest, Sample, multi_hot, read_manifest
from scbch_jax.features.pictures import cut_middle, read_picture
from scbch_jax.features.text_models import (
    Bag,
    TextModel,
    column_names,
    load_text_model,
    save_text_model,
    text_features,
)
from scbch_jax.features.vgg19_file import Weights, read_vgg19
from scbch_jax.features.words import Vocabulary, bag_of_words, vocabulary_of, words_of

__all__ = [
    "Bag",
    "Captions",
    "DESCRIPTOR_DIM",
    "Doc2VecConfig",
    "Documents",
    "Extractor",
    "FeatureCache",
    "Manifest",
    "Sample",
    "TextModel",
    "Unread",
    "Vocabulary",
    "Weights",
    "bag_of_words",
    "column_names",
    "cut_middle",
    "describe",
    "descriptor",
    "extract",
    "learn_documents",
    "load_text_model",
    "multi_hot",
    "of_weights",
    "open_captions",
    "open_partial",
    "place_documents",
    "read_manifest",
    "read_picture",
    "read_vgg19",
    "save_text_model",
    "text_features",
    "vgg19",
    "vocabulary_of",
    "words_of",
    "write_captions",
]
