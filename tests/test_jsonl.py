from scbch_jax import io


def test_records_are_written_and_read(tmp_path):
    path = tmp_path / "results.jsonl"
    assert io.read_jsonl(path) == []
    io.append_jsonl(path, {"epoch": 1, "loss": 0.5})
    io.append_jsonl(path, {"epoch": 2, "loss": float("nan")})
    assert io.read_jsonl(path) == [
        {"epoch": 1, "loss": 0.5},
        {"epoch": 2, "loss": None},
    ]


def test_a_truncated_last_line_is_left_out(tmp_path):
    path = tmp_path / "results.jsonl"
    io.append_jsonl(path, {"epoch": 1})
    path.write_text(path.read_text() + '{"epoch": 2, "lo')
    assert io.read_jsonl(path) == [{"epoch": 1}]


def test_writing_replaces_all_records(tmp_path):
    path = tmp_path / "results.jsonl"
    for epoch in (1, 2, 3):
        io.append_jsonl(path, {"epoch": epoch})
    io.write_jsonl(path, io.read_jsonl(path)[:2])
    assert io.read_jsonl(path) == [{"epoch": 1}, {"epoch": 2}]
    assert [p.name for p in tmp_path.iterdir()] == ["results.jsonl"]
