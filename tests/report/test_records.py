from scbch_jax.report import records


def test_lines_there_and_back(tmp_path):
    path = tmp_path / "results.jsonl"
    assert records.read(path) == []
    records.append(path, {"epoch": 1, "loss": 0.5})
    records.append(path, {"epoch": 2, "loss": float("nan")})
    assert records.read(path) == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": None}]


def test_a_line_cut_short_is_left_out(tmp_path):
    path = tmp_path / "results.jsonl"
    records.append(path, {"epoch": 1})
    path.write_text(path.read_text() + '{"epoch": 2, "lo')
    assert records.read(path) == [{"epoch": 1}]


def test_truncating_leaves_the_records_given(tmp_path):
    path = tmp_path / "results.jsonl"
    for epoch in (1, 2, 3):
        records.append(path, {"epoch": epoch})
    records.truncate(path, records.read(path)[:2])
    assert records.read(path) == [{"epoch": 1}, {"epoch": 2}]
    assert [p.name for p in tmp_path.iterdir()] == ["results.jsonl"]
