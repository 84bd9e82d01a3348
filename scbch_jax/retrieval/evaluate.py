"""A cross-modal evaluation: each modality's query set searches the other's database."""

from typing import Any, NamedTuple

import jax
from jaxtyping import Float, UInt8

from scbch_jax.retrieval.hamming import radius_counts
from scbch_jax.retrieval.metrics import mean_average_precision


class PairedCodes(NamedTuple):
    """Packed codes of both modalities of the same samples, and their labels."""

    image: UInt8[Any, "n bytes"]
    text: UInt8[Any, "n bytes"]
    labels: Float[Any, "n classes"]


def score(query: PairedCodes, database: PairedCodes) -> dict[str, float]:
    """MAP of images searching texts (I2T), of texts searching images (T2I), and mean.

    Items at equal distance are averaged over all their orders. A database item is
    relevant if it shares a label with the query.

    Args:
        query: the query set.
        database: what is searched.

    Returns:
        `i2t`, `t2i` and `average`, in [0, 1].
    """
    labels = (query.labels, database.labels)
    i2t = radius_counts(query.image, database.text, *labels)
    t2i = radius_counts(query.text, database.image, *labels)
    values = [mean_average_precision(jax.device_get(c)) for c in (i2t, t2i)]
    return {"i2t": values[0], "t2i": values[1], "average": sum(values) / 2}
