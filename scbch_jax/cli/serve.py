"""`scbch serve`: an index over HTTP, and a page for it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from scbch_jax.cli import console
from scbch_jax.config.constraints import (
    at_least,
    between,
    check_fields,
    optional,
    some_names,
)
from scbch_jax.errors import InputError, require
from scbch_jax.serve.limits import Limits

if TYPE_CHECKING:
    from scbch_jax.serve.service import Settings


@dataclass(frozen=True, kw_only=True)
class Serve(Limits):
    """Serve an index over HTTP: a search page, and an API for other programs."""

    index: tyro.conf.Positional[Path]
    """Folder of the index. It is reloaded when it has changed."""
    host: str = "127.0.0.1"
    """Address to listen on. Any but a loopback address needs --token-file or --open."""
    port: Annotated[int, at_least(0, 65_535)] = 8000
    """Port to listen on; 0 for any that is free."""
    token_file: Path | None = None
    """File with a token of at least 16 characters, which every client has to send."""
    open: bool = False
    """Let other machines search without a token."""
    allow_host: Annotated[tuple[str, ...] | None, optional(some_names())] = None
    """Host names, other than localhost, by which clients may address the service."""
    trust_proxy: Annotated[tuple[str, ...] | None, optional(some_names())] = None
    """Addresses of proxies whose X-Forwarded headers are trusted."""
    pictures: Path | None = None
    """Folder of the pictures that the rows name; by default where they were when the
    index was built."""
    weights: Path | None = None
    """Weights of the network that made the features, if they are no longer where index
    build found them: a file of VGG19's, or the folder of a pretrained network."""
    engine: Literal["flat", "device", "faiss-ivf"] = "flat"
    """How codes are compared; see search."""
    threads: Annotated[int, at_least(1, 1024)] = 1
    """Threads that share the rows of the index in each search by NumPy; the compiled
    search of large indexes uses as many as there are cores."""
    batch_wait_seconds: Annotated[float, between(0, 1)] = 0.0
    """Seconds that an input waits for others to be encoded in one batch; 0.002 raises
    the throughput of an accelerator."""
    log: Literal["requests", "queries", "none"] = "requests"
    """What is written to standard error. requests: a JSON object for each request;
    queries: the same with the texts that are searched for; none: no requests."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        one = not (self.open and self.token_file)
        require(one, "open", "--open with --token-file", "one of them")
        found = self.pictures is None or self.pictures.is_dir()
        require(found, "pictures", self.pictures, "a folder")


def main(options: Serve) -> None:
    """Serves until it is interrupted."""
    from scbch_jax.serve import security, service

    local = security.is_loopback(options.host)
    guarded = local or options.open or options.token_file is not None
    wanted = "--token-file or --open for an address that others can reach"
    require(guarded, "host", options.host, wanted)
    serving = service.Service(_settings(options))
    listener = service.listen(options.host, options.port)
    console.output(f"{service.url_of(listener)} serves {options.index}")
    serving.serve_on(listener)


def _settings(options: Serve) -> "Settings":
    import dataclasses

    from scbch_jax.index import Index
    from scbch_jax.index.address import require_folder
    from scbch_jax.serve import security, service

    require_folder(options.index)
    limits = [field.name for field in dataclasses.fields(Limits)]
    hosts = {host.lower() for host in (*(options.allow_host or ()), options.host)}
    token = security.read_token(options.token_file) if options.token_file else b""

    def open_index() -> Any:
        return Index(options.index, threads=options.threads, engine=options.engine)

    # Threads of FAISS that wait would take the cores of others.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return service.Settings(
        path=options.index,
        opener=open_index,
        encoder=_encoder(options),
        log=_log,
        limits=Limits(**{name: getattr(options, name) for name in limits}),
        rules=security.Rules(frozenset(hosts), token),
        pictures=options.pictures,
        proxies=options.trust_proxy or (),
        batch_wait_seconds=options.batch_wait_seconds,
        log_requests=options.log != "none",
        log_queries=options.log == "queries",
    )


def _encoder(options: Serve) -> Any:
    """The encoder of the index; None if that has none, and takes no raw input."""
    if not (options.index / "encoder").is_dir():
        return None
    from scbch_jax import encoder

    return encoder.open_encoder(options.index, weights=options.weights)


def _log(line: str) -> None:
    """Writes a line, or continues without it if nothing reads the log."""
    with contextlib.suppress(InputError, BrokenPipeError):
        console.log(line)
