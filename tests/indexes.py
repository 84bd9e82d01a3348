"""An index to test, and writers of it that are killed."""

import subprocess
import sys

import numpy as np

from scbch_jax import index
from scbch_jax.index import Index, Rows, derived

CLASSES = ("cat", "dog", "sky")


def drawn(count, *, seed=0, prefix="row"):
    random = np.random.default_rng(seed)
    codes = {m: random.integers(0, 4, (count, 8), np.uint8) for m in ("image", "text")}
    labels = random.random((count, len(CLASSES))) < 0.4
    return Rows(codes, labels, [{"name": f"{prefix}{i}"} for i in range(count)])


WRITER = """
import sys, numpy as np
from pathlib import Path
from scbch_jax import index
path, seed, engine = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True"
if engine:
    import faiss
for turn in range(10_000):
    rows = {m: np.full((20, 8), turn % 256, np.uint8) for m in ("image", "text")}
    names = [{"name": f"{seed} {turn} {i}"} for i in range(20)]
    index.add(path, index.Rows(rows, np.ones((20, 3), bool), names))
    if turn == 0:
        print("changing", flush=True)
    index.remove(path, names=[f"{seed} {turn} 0", f"{seed} {turn} 1"])
    if engine:
        index.set_engine(path)
    if turn % 3 == 2:
        index.compact(path)
"""


def kill_writers(path, *, kills, engine=False):
    """Kills a process that changes the index; it opens and is whole after each kill."""
    random = np.random.default_rng(0)
    generations = []
    for seed in range(kills):
        before = Index(path).size
        words = [sys.executable, "-c", WRITER, str(path), str(seed), str(engine)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(timeout=float(random.uniform(0, 0.3)))
            except subprocess.TimeoutExpired:
                process.kill()
            else:
                raise AssertionError("the writer ended before it was killed")
        opened = Index(path)
        # Each turn adds 20 rows, then removes 2 of them.
        assert (opened.size - before) % 18 in (0, 2)
        assert index.verify(path) == []
        generations.append(opened.manifest.generation)
        index.add(path, drawn(18, prefix=f"after {seed} "))
        if engine:
            # The next writer deleted what no manifest names.
            named = derived.files_of(Index(path).manifest)
            assert {file.name for file in (path / "engines").iterdir()} == set(named)
    assert generations == sorted(generations)
    return generations
