"""Metrics of the service in Prometheus' format."""

from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

# Times at which counting began would double the number of series.
disable_created_metrics()

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30)
"""Upper edges of the classes of times."""


class Metrics:
    """What is counted, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        where = {"registry": self._registry, "namespace": "scbch"}
        self._requests = Counter(
            "requests", "Requests.", ["method", "route", "status"], **where
        )
        self._seconds = Histogram(
            "request_seconds", "Of requests.", ["route"], buckets=SECONDS, **where
        )
        self._stages = Histogram(
            "stage_seconds", "Of the work.", ["stage"], buckets=SECONDS, **where
        )
        self._batches = Histogram(
            "batch_size",
            "Inputs that a network took at once.",
            ["modality"],
            buckets=(1, 2, 4, 8),
            **where,
        )
        self._refusals = Counter("refusals", "Refusals.", ["reason"], **where)
        self._reloads = Counter(
            "failed_reloads", "Generations that could not be served.", **where
        )
        self._gauges = {
            name: Gauge(name, words, **where)
            for name, words in (
                ("searches", "Searches that are worked on or wait."),
                ("index_items", "Items of the index."),
                ("index_segments", "Segments of the index."),
                ("index_generation", "Generation of the index."),
            )
        }
        self._encoder = Info("encoder", "Encoder of the index.", **where)
        ProcessCollector(registry=self._registry)

    def count_request(
        self, method: str, route: str, status: int, seconds: float
    ) -> None:
        """Counts a request that is done."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_stages(self, stages: Mapping[str, float]) -> None:
        """Counts the seconds of each stage of a request."""
        for stage, seconds in stages.items():
            self._stages.labels(stage).observe(seconds)

    def count_batch(self, modality: str, size: int) -> None:
        """Counts a batch of a network."""
        self._batches.labels(modality).observe(size)

    def count_refusal(self, reason: str) -> None:
        """Counts a request that was refused."""
        self._refusals.labels(reason).inc()

    def render(self, state: "State") -> bytes:
        """All metrics, with those of the index and the queue as they are now."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(state, name))
        self._encoder.info({"id": state.encoder})
        more = state.failed_reloads - self._reloads._value.get()
        self._reloads.inc(more)
        return generate_latest(self._registry)


class State(NamedTuple):
    """What is read when the metrics are asked for."""

    searches: int
    index_items: int
    index_segments: int
    index_generation: int
    encoder: str
    failed_reloads: int
