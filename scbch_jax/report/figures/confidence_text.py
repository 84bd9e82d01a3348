"""What the confidence in training rows acts on in the loss, in words and numbers."""

import statistics
from collections.abc import Iterable, Mapping

from scbch_jax.report.figures.traces import Arrays
from scbch_jax.report.runs import Run
from scbch_jax.results import EpochResult

PAIR_TERMS = ("attraction", "repulsion")
"""Terms of pairs, which learn from label overlaps."""


def use_of_confidence(run: Run, result: EpochResult, trace: Arrays) -> str:
    """Sentences on what a method does with its confidence, and what it does not.

    Args:
        run: of SCBCH or of the robust method; for others there is nothing to say.
        result: of the epoch.
        trace: of the same epoch.
    """
    method = run.options.get("method", "scbch")
    if method == "scbch":
        return _use_of_weights(run, result, trace)
    return _use_of_posteriors(result) if method == "robust" else ""


def entries_sentence(results: Iterable[EpochResult]) -> str:
    """How well posteriors separate right from wrong entries, the mean of some results.

    It is empty for methods without posteriors.
    """
    known = (result.confidence for result in results if result.confidence)
    areas = [c.entries_roc_auc for c in known if c.entries_roc_auc is not None]
    if not areas:
        return ""
    return (
        " ROC AUC of posteriors over entries of the labels, right against wrong: "
        f"{statistics.fmean(areas):.3f}."
    )


def loss_shares(losses: Mapping[str, float], run: Run) -> dict[str, float]:
    """The share of each term of SCBCH in the sum of weighted terms.

    Terms are taken by their absolute value, since attraction can be negative.

    Args:
        losses: the mean of each term, before its weight.
        run: whose options have the weights.
    """
    alpha = run.options.get("hparams.contrastive_weight", 0.0)
    beta = run.options.get("hparams.quantization_weight", 0.0)
    printed = run.options.get("options.reading") == "paper"
    weights = {
        "classification": 1.0,
        **dict.fromkeys(PAIR_TERMS, alpha),
        "quantization": alpha * beta if printed else beta,
    }
    sizes = {k: abs(w * losses[k]) for k, w in weights.items() if k in losses}
    total = sum(sizes.values())
    return {k: size / total for k, size in sizes.items()} if total else {}


def _use_of_weights(run: Run, result: EpochResult, trace: Arrays) -> str:
    shares = loss_shares(result.losses, run)
    if "classification" not in shares:
        return " Weights multiply only the classification term, which is left out."
    said = (
        " Weights multiply only the classification term, "
        f"{100 * shares['classification']:.0f} % of the weighted loss in this epoch "
        "(terms by absolute value)."
    )
    pairs = [name for name in PAIR_TERMS if name in shares]
    if not pairs:
        return said
    return said + (
        f" {' and '.join(pairs).capitalize()}, "
        f"{100 * sum(shares[name] for name in pairs):.0f} % of it, follow the label "
        f"overlaps of pairs, where no weight acts{_changed_pairs(trace)}."
    )


def _changed_pairs(trace: Arrays) -> str:
    """The share of pairs that noise changes, which runs of old versions lack."""
    if "changed_pairs" not in trace:
        return ""
    share = 100 * float(trace["changed_pairs"])
    return f"; noise changes for {share:.0f} % of all pairs whether they share a label"


def _use_of_posteriors(result: EpochResult) -> str:
    return (
        " The confidence in a row is the probability that all its labels are right. It "
        "weighs nothing: training uses the probability that two samples share a label, "
        "from the posteriors of both." + entries_sentence([result])
    )
