"""`scbch features texts`: texts to features."""

from collections.abc import Sequence

from scbch_jax import features
from scbch_jax.cli import console, npz_files
from scbch_jax.cli.options.features import ByWords, FeaturesTexts
from scbch_jax.errors import require
from scbch_jax.features import TextModel


def main(options: FeaturesTexts) -> None:
    """Writes an npz of features, and the model that made them if it is new."""
    npz_files.require_target("out", options.out)
    manifest = features.read_manifest(options.source, npz_files.pairs(options.columns))
    texts = [sample.text for sample in manifest.samples]
    require_texts(texts)
    folder = options.model or options.out.with_suffix(".model")
    if options.model is None:
        require(not folder.exists(), "out", f"{folder}, which exists", "another name")
        model = learn(texts, options)
    else:
        model = features.load_text_model(folder)
    rows = features.text_features(model, texts)
    if options.model is None:
        features.save_text_model(folder, model)
    npz_files.write(options.out, text=rows)
    console.say(f"{options.out}: text {rows.shape} by {describe(model)} in {folder}")


def require_texts(texts: Sequence[str]) -> None:
    """Raises `InputError` unless some row has a text; single ones may lack it."""
    require(any(texts), "text", "no text in any row", "texts")


def learn(texts: Sequence[str], options: ByWords) -> TextModel:
    """A model of the kind that was asked for.

    Raises:
        InputError: if no word is met often enough.
    """
    if options.kind == "doc2vec":
        plan = features.Doc2VecConfig(
            dim=options.dim,
            window=options.window,
            epochs=options.epochs,
            least=options.least,
            seed=options.seed,
        )
        return features.learn_documents(texts, plan)
    found = features.vocabulary_of(texts, least=options.least, most=options.words)
    wanted = f"texts in which a word is met {options.least} times"
    require(bool(found), "texts", "no such word", wanted)
    return features.Bag(found)


def describe(model: TextModel) -> str:
    """A model in words."""
    kind = "a bag of words" if isinstance(model, features.Bag) else "Doc2Vec"
    return f"{kind}, {len(model.vocabulary)} words"
