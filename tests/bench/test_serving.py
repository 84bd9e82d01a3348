"""The bench of searches over HTTP, at a small size."""

import json

import pytest

from scbch_jax.bench import search, serving
from scbch_jax.cli import program
from scbch_jax.index import Rows, build


@pytest.mark.commands
def test_loads_are_answered_or_refused(tmp_path):
    codes, asked = search.draw_random(items=2000, bits=16, queries=20)
    build(tmp_path / "index", Rows({"image": codes}))
    requests = serving.requests_of(asked, k=3, find="image")
    with serving.served(tmp_path / "index") as port:
        closed = serving.closed_loop(port, requests, connections=3, seconds=0.3)
        opened = serving.open_loop(port, requests, rate=50, seconds=0.4)
    # Each connection asks at least once, however slow the machine is.
    assert closed.answered >= 3
    assert closed.per_second == closed.answered / 0.3
    assert 0 < closed.search < closed.median <= closed.p99
    assert opened.answered + opened.refused == 20
    assert closed.failed == opened.failed == opened.unsent == 0
    assert closed.megabytes > 10


@pytest.mark.commands
def test_the_command_writes_a_line_for_each_load(tmp_path, capsys):
    words = "bench serve --items 40 --bits 8 --k 2 --connections 2 --seconds 0.1"
    lines = tmp_path / "lines.jsonl"
    assert program.main([*words.split(), "--json", str(lines)]) == 0
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [x["load"].split(",")[0] for x in found] == ["closed", "open", "closed"]
    assert "the engine alone" in capsys.readouterr().out
