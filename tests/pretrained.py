"""Small random networks in the format of Hugging Face `transformers`, for tests."""

import pytest

WORDS = ("red", "green", "blue", "square", "stripes", "dog", "left", "right", "a")
SIZE = 32
"""Pixels of a side that the networks take."""


def require():
    """Skips where the packages are missing."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    return pytest.importorskip("transformers", reason="transformers is not installed")


def save_tokenizer(folder, places, **more):
    """A tokenizer of whole words."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<unk>", "<start>", "<end>"]
    vocabulary = {word: i for i, word in enumerate([*special, *WORDS])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 2), ("<end>", 3)]
    )
    names = dict(zip(("pad", "unk", "bos", "eos"), special, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=places,
        **{f"{name}_token": token for name, token in names.items()},
        **more,
    ).save_pretrained(folder)


def _small(**more):
    layers = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16}
    return {**layers, "intermediate_size": 24, **more}


def _save(folder, model):
    model.eval().save_pretrained(folder)


def clip(folder, seed=0):
    """An image-text model whose features have 12 columns."""
    import torch
    import transformers as t

    torch.manual_seed(seed)
    text = _small(vocab_size=64, max_position_embeddings=20, eos_token_id=3)
    vision = _small(image_size=SIZE, patch_size=16)
    config = t.CLIPConfig(
        text_config={**text, "bos_token_id": 2, "pad_token_id": 0},
        vision_config=vision,
        projection_dim=12,
    )
    _save(folder, t.CLIPModel(config))
    size = {"size": {"shortest_edge": SIZE}, "crop_size": SIZE}
    t.CLIPImageProcessorPil(**size).save_pretrained(folder)
    save_tokenizer(folder, 20)
    return folder


def siglip(folder, seed=0):
    """An image-text model whose features have 16 columns, without a mask of tokens."""
    import torch
    import transformers as t

    torch.manual_seed(seed)
    text = _small(vocab_size=64, max_position_embeddings=12, pad_token_id=0)
    vision = _small(image_size=SIZE, patch_size=16)
    _save(folder, t.SiglipModel(t.SiglipConfig(text_config=text, vision_config=vision)))
    size = {"size": {"height": SIZE, "width": SIZE}}
    t.SiglipImageProcessorPil(**size).save_pretrained(folder)
    save_tokenizer(folder, 12, model_input_names=["input_ids"])
    return folder


def siglip2(folder, seed=0):
    """An image-text model that takes pictures as patches, as many as a picture has."""
    import torch
    import transformers as t

    torch.manual_seed(seed)
    text = _small(vocab_size=64, max_position_embeddings=12, pad_token_id=0)
    vision = _small(patch_size=8, num_patches=16)
    config = t.Siglip2Config(text_config=text, vision_config=vision)
    _save(folder, t.Siglip2Model(config))
    size = {"patch_size": 8, "max_num_patches": 16}
    t.Siglip2ImageProcessorPil(**size).save_pretrained(folder)
    save_tokenizer(folder, 12)
    return folder


def vit(folder, pooler=True):
    """An encoder of pictures."""
    import torch
    import transformers as t

    torch.manual_seed(0)
    config = t.ViTConfig(**_small(image_size=SIZE, patch_size=16))
    _save(folder, t.ViTModel(config, add_pooling_layer=pooler))
    size = {"size": {"height": SIZE, "width": SIZE}}
    t.ViTImageProcessorPil(**size).save_pretrained(folder)
    return folder


def bert(folder):
    """An encoder of texts."""
    import torch
    import transformers as t

    torch.manual_seed(0)
    config = t.BertConfig(vocab_size=64, max_position_embeddings=16, **_small())
    _save(folder, t.BertModel(config))
    save_tokenizer(folder, 16)
    return folder


KINDS = {"clip": clip, "siglip": siglip, "siglip2": siglip2, "vit": vit, "bert": bert}
"""What saves a network of each kind in a folder."""
