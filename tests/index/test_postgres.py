import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from command_line import error_line
from indexes import CLASSES, drawn

from scbch_jax import index
from scbch_jax.cli import program
from scbch_jax.errors import InputError
from scbch_jax.index import (
    Cursor,
    Index,
    Rows,
    ShardedEngine,
    Where,
    database,
    postgres_engine,
    transfer,
)
from scbch_jax.index.address import Address
from scbch_jax.index.database import Session

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")


def connect(address):
    return psycopg.connect(address.partition("#")[0], autocommit=True)


def random_codes(kind, count, bits):
    random = np.random.default_rng(bits)
    if kind == "equal":
        return np.full((count, bits // 8), 7, np.uint8)
    if kind == "random":
        return random.integers(0, 256, (count, bits // 8), np.uint8)
    centers = random.integers(0, 256, (5, bits // 8), np.uint8)
    return centers[random.integers(0, 5, count)] ^ random.integers(
        0, 2, (count, bits // 8), np.uint8
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An index with two segments and removed rows."""
    path = tmp_path_factory.mktemp("folder") / "index"
    index.build(path, drawn(150), classes=CLASSES, encoder="abc")
    index.add(path, drawn(50, seed=1, prefix="new"), encoder="abc")
    index.remove(path, ids=[0, 7, 160, 199])
    return path


@pytest.fixture(scope="module")
def copied(folder, postgres):
    address = postgres.address(schema="copied")
    assert transfer.to_database(folder, address, graphs=True) == 196
    return address


def check_equal(found, expected):
    count = found.ids.shape[1]
    np.testing.assert_array_equal(found.ids, expected.ids[:, :count])
    np.testing.assert_array_equal(found.distances, expected.distances[:, :count])
    np.testing.assert_array_equal(found.cut, expected.cut)
    assert (expected.ids[:, count:] == -1).all()


OPTIONS = (
    {"k": 1},
    {"k": 10},
    {"k": 500},
    {"k": 20, "within": 5},
    {"k": 5, "within": 0},
    {"k": 5, "after": Cursor(4, 30)},
    {"k": 10, "where": Where(any_of=("cat", "sky"), none_of=("dog",))},
    {"k": 10, "where": Where(all_of=("cat", "dog"))},
)


@pytest.mark.parametrize("options", OPTIONS)
def test_hits_are_those_of_the_folder(folder, copied, options):
    ours, flat = index.open_index(copied), Index(folder)
    assert ours.exact
    assert (ours.bits, ours.size) == (flat.bits, flat.size)
    queries = drawn(4, seed=5).codes["image"]
    queries = queries[:1] if "after" in options else queries
    found = ours.search(queries, find="text", **options)
    check_equal(found, flat.search(queries, find="text", **options))


@pytest.mark.parametrize("bits", [8, 24, 64, 1024])
@pytest.mark.parametrize("kind", ["random", "clustered", "equal"])
def test_order_is_that_of_the_flat_engine(tmp_path, postgres, kind, bits):
    codes = random_codes(kind, 60, bits)
    index.build(tmp_path / "index", Rows({"image": codes}))
    address = postgres.address(schema=f"order_{kind}_{bits}")
    transfer.to_database(tmp_path / "index", address)
    for k in (1, 7, 60):
        found, expected = (
            x.search(codes[:3], find="image", k=k)
            for x in (index.open_index(address), Index(tmp_path / "index"))
        )
        check_equal(found, expected)


@pytest.mark.parametrize("within", [None, 3])
def test_ties_that_are_not_fetched_are_counted(folder, copied, monkeypatch, within):
    monkeypatch.setattr(postgres_engine, "TIES", 1)
    queries = drawn(5, seed=4).codes["image"]
    options = {"find": "image", "k": 8, "within": within}
    options["where"] = Where(none_of=("dog",))
    expected = Index(folder).search(queries, **options)
    assert within or expected.cut.max() > 1
    check_equal(index.open_index(copied).search(queries, **options), expected)


def test_threads_share_a_connection(folder, copied):
    opened, queries = index.open_index(copied), drawn(8, seed=3).codes["text"]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda q: opened.search(q[None], find="text"), queries)
        for query, hits in zip(queries, found, strict=True):
            check_equal(hits, Index(folder).search(query[None], find="text"))


def test_a_session_sees_one_state_and_changes_none(folder, postgres):
    address = postgres.address(schema="steady")
    transfer.to_database(folder, address)
    session = Session(Address.parse(address))
    count = session.statement("SELECT count(*) FROM {items}")
    with session.transaction() as cursor:
        assert cursor.execute(count).fetchone() == (196,)
        with connect(address) as connection:
            connection.execute("DELETE FROM steady.items WHERE id < 10")
        assert cursor.execute(count).fetchone() == (196,)
    assert session.one("SELECT count(*) FROM {items}") == (188,)
    with pytest.raises(InputError, match="read-only"):
        session.one("DELETE FROM {items} RETURNING id")


def test_pages_hold_every_item_once(copied):
    opened, query = index.open_index(copied), drawn(1, seed=6).codes["text"]
    after, seen = None, []
    while True:
        hits = opened.search(query, find="image", k=17, after=after)
        if not hits.ids.size:
            break
        seen += hits.ids[0].tolist()
        after = Cursor(int(hits.distances[0, -1]), int(hits.ids[0, -1]))
    whole = opened.search(query, find="image", k=1000)
    assert seen == whole.ids[0].tolist()
    assert len(seen) == 196


def test_items_are_found_by_id_and_name(folder, copied):
    ours, flat = index.open_index(copied), Index(folder)
    for item in (1, 155, 198):
        assert ours.record(item) == flat.record(item)
        np.testing.assert_array_equal(ours.code(item, "text"), flat.code(item, "text"))
        assert ours.find_name(flat.record(item)["name"]) == item
    for wrong in (lambda: ours.record(7), lambda: ours.code(7, "text")):
        with pytest.raises(InputError, match="id: got 7, wanted the id of an item"):
            wrong()
    with pytest.raises(InputError, match="name: got row7, wanted a name that is in"):
        ours.find_name("row7")


def test_there_and_back_is_the_same_index(folder, copied, tmp_path):
    assert transfer.to_folder(copied, tmp_path / "back") == 196
    ours, flat = Index(tmp_path / "back"), Index(folder)
    for one, other in zip(ours.living_rows(), flat.living_rows(), strict=True):
        assert one[0] == other[0]
        np.testing.assert_array_equal(one[1], other[1])
        np.testing.assert_array_equal(one[2], other[2])
        assert one[3] == other[3]
    for name in ("bits", "modalities", "classes", "encoder", "next_id"):
        assert getattr(ours.manifest, name) == getattr(flat.manifest, name)


def test_two_databases_and_a_folder_are_shards_of_a_whole(tmp_path, postgres):
    whole, engines = drawn(90), []
    index.build(tmp_path / "whole", whole, classes=CLASSES)
    for first in (0, 30, 60):
        part = slice(first, first + 30)
        codes = {m: x[part] for m, x in whole.codes.items()}
        rows = Rows(codes, np.asarray(whole.labels)[part])
        path = tmp_path / f"{first}"
        index.build(path, rows, classes=CLASSES, ids=np.arange(first, first + 30))
        name = str(path)
        if first:
            name = postgres.address(schema=f"shard_{first}")
            transfer.to_database(path, name)
        engines.append(index.open_index(name).engine_of("text"))
    found = ShardedEngine(engines).search(whole.codes["image"][:5], k=12)
    expected = Index(tmp_path / "whole").search(
        whole.codes["image"][:5], find="text", k=12
    )
    check_equal(found, expected)


@pytest.mark.parametrize("where", [None, Where(all_of=("cat", "dog", "sky"))])
def test_graphs_find_nearly_all(folder, copied, where):
    near = index.open_index(copied, engine="hnsw")
    assert not near.exact
    queries = drawn(20, seed=7).codes["image"]
    ours = near.search(queries, find="text", k=10, where=where)
    exact = Index(folder).search(queries, find="text", k=10, where=where)
    width = ours.distances.shape[1]
    assert width > 0
    limit = np.where(exact.ids >= 0, exact.distances, 0).max(axis=1, keepdims=True)
    assert (ours.distances <= limit).mean() > 0.95
    # The graph runs out of items that pass, so the search is exact.
    assert (ours.cut == (0 if where else -1)).all()
    with pytest.raises(InputError, match="after: got a page of an approximate"):
        near.search(queries[:1], find="text", k=3, after=Cursor(1, 1))


def test_where_the_graph_runs_out_the_search_is_exact(folder, postgres):
    short = {"schema": "short", "options": "hnsw.max_scan_tuples%3D1"}
    address = postgres.address(**short)
    transfer.to_database(folder, address, graphs=True)
    queries = drawn(9, seed=2).codes["image"]
    options = {"find": "text", "k": 20, "where": Where(all_of=("cat", "dog"))}
    found = index.open_index(address, engine="hnsw").search(queries, **options)
    check_equal(found, Index(folder).search(queries, **options))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["flat", "hnsw"])
def test_version_16_gives_the_same(folder, postgres_16, engine):
    address = postgres_16.address()
    transfer.to_database(folder, address, replace=True, graphs=True)
    queries = drawn(5, seed=8).codes["image"]
    found = index.open_index(address, engine=engine).search(queries, find="text", k=9)
    expected = Index(folder).search(queries, find="text", k=9)
    np.testing.assert_array_equal(found.distances, expected.distances)
    if engine == "flat":
        check_equal(found, expected)


def test_without_pgvector_bits_are_counted(folder, postgres):
    with connect(postgres.address()) as connection:
        encoding = "TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
        connection.execute(f"CREATE DATABASE plain {encoding}")
    address = postgres.address(database="plain")
    with pytest.raises(InputError, match="pgvector: got none in the database"):
        transfer.to_database(folder, address, graphs=True)
    transfer.to_database(folder, address)
    queries = drawn(3, seed=9).codes["image"]
    for options in ({"k": 10}, {"k": 10, "within": 6}):
        found, expected = (
            x.search(queries, find="text", **options)
            for x in (index.open_index(address), Index(folder))
        )
        check_equal(found, expected)
    with pytest.raises(InputError, match="pgvector: got none"):
        index.open_index(address, engine="hnsw")


def test_pgvector_may_be_in_any_schema(folder, postgres):
    with connect(postgres.address()) as connection:
        connection.execute("CREATE DATABASE apart")
    address = postgres.address(database="apart")
    with connect(address) as connection:
        connection.execute("CREATE SCHEMA tools")
        connection.execute("CREATE EXTENSION vector SCHEMA tools")
    transfer.to_database(folder, address, graphs=True)
    queries = drawn(3, seed=9).codes["image"]
    expected = Index(folder).search(queries, find="text")
    check_equal(index.open_index(address).search(queries, find="text"), expected)
    near = index.open_index(address, engine="hnsw").search(queries, find="text")
    assert (near.distances <= expected.distances[:, -1:]).mean() > 0.9


def test_the_right_to_write_in_a_schema_is_enough(folder, postgres):
    with connect(postgres.address()) as connection:
        connection.execute("CREATE ROLE limited LOGIN")
        connection.execute("CREATE SCHEMA theirs AUTHORIZATION limited")
    address = postgres.address(schema="theirs", user="limited")
    assert transfer.to_database(folder, address) == 196
    with pytest.raises(InputError, match="permission denied for database"):
        transfer.to_database(folder, postgres.address(user="limited", schema="other"))


def test_only_an_index_is_ever_replaced(folder, postgres):
    address = postgres.address(schema="foreign")
    with connect(address) as connection:
        connection.execute('CREATE SCHEMA "foreign"')
        for table in ("items", "facts"):
            connection.execute(f'CREATE TABLE "foreign".{table} (facts json)')
        for facts in (None, "[1]", '{"format": 1}', '{"format": 2}'):
            if facts:
                connection.execute(
                    """INSERT INTO "foreign".facts VALUES (%s)""", [facts]
                )
            with pytest.raises(InputError, match="^index: got postgresql:") as caught:
                transfer.to_database(folder, address, replace=True)
            assert "\n" not in str(caught.value)
            connection.execute('SELECT * FROM "foreign".items')
            connection.execute('DELETE FROM "foreign".facts')


def test_an_index_is_searched_while_it_is_replaced(folder, postgres, monkeypatch):
    address = postgres.address(schema="busy")
    transfer.to_database(folder, address)
    rows, sizes = Index.living_rows, []

    def watched(self):
        for row in rows(self):
            if not sizes:
                slow = "lock_timeout%3D5000"
                inside = postgres.address(schema="busy", options=slow)
                sizes.append(index.open_index(inside).size)
            yield row

    monkeypatch.setattr(Index, "living_rows", watched)
    transfer.to_database(folder, address, replace=True)
    assert sizes == [196]


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_is_no_text_of_postgresql_is_refused(tmp_path, postgres, name):
    rows = drawn(2)
    records = [{"name": "fine"}, {"name": name}]
    index.build(tmp_path / "index", rows._replace(records=records), classes=CLASSES)
    address = postgres.address(schema="named")
    with pytest.raises(InputError, match="name: got '.*', wanted text that PostgreSQL"):
        transfer.to_database(tmp_path / "index", address)
    with pytest.raises(InputError, match="wanted the address of an index"):
        index.open_index(address)


def test_an_index_in_the_schema_is_refused_or_replaced(folder, tmp_path, postgres):
    address = postgres.address(schema="taken")
    transfer.to_database(folder, address)
    index.build(tmp_path / "small", drawn(5), classes=CLASSES)
    with pytest.raises(InputError, match="--replace"):
        transfer.to_database(tmp_path / "small", address)
    assert index.open_index(address).size == 196
    transfer.to_database(tmp_path / "small", address, replace=True)
    assert index.open_index(address).size == 5


def test_a_copy_that_breaks_off_leaves_nothing(folder, postgres, monkeypatch):
    """The server ends the connection in mid-copy, as when one of the two is killed."""
    address = postgres.address(schema="broken")
    rows = Index.living_rows

    def interrupted(self):
        for count, row in enumerate(rows(self)):
            if count == 100:
                with connect(address) as connection:
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE query LIKE 'COPY %'"
                    )
            yield row

    monkeypatch.setattr(Index, "living_rows", interrupted)
    with pytest.raises(InputError, match="^database postgresql://"):
        transfer.to_database(folder, address)
    with pytest.raises(InputError, match="wanted the address of an index"):
        index.open_index(address)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"database": "missing"}, 'database "missing" does not exist'),
        (
            {"schema": "empty"},
            "index: got postgresql:///postgres#empty, wanted the addr",
        ),
    ],
)
def test_what_is_not_there_is_one_line(postgres, change, message):
    with pytest.raises(InputError, match=message) as caught:
        index.open_index(postgres.address(**change))
    assert "\n" not in str(caught.value)


def test_old_versions_are_one_line(folder, copied, monkeypatch):
    monkeypatch.setattr(database, "OLDEST_HNSW", (99, 0))
    with pytest.raises(InputError, match="pgvector: got 0.8.5, wanted 0.8.4 or later"):
        index.open_index(copied, engine="hnsw")
    with pytest.raises(InputError, match="pgvector: got 0.8.5"):
        transfer.to_database(folder, copied, replace=True, graphs=True)
    monkeypatch.setattr(database, "OLDEST", 99)
    with pytest.raises(InputError, match="database: got PostgreSQL 18, wanted version"):
        index.open_index(copied)


def test_a_wrong_password_is_one_line(postgres):
    with connect(postgres.address()) as connection:
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    for user, said in (
        ("guarded:secret", "authentication failed"),
        ("guarded", "no p"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            index.open_index(postgres.address(user=user))
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)
    with pytest.raises(InputError, match="wanted the address of an index"):
        index.open_index(postgres.address(user="guarded:right", schema="empty"))


def test_a_connection_that_ends_is_one_line_and_opened_again(copied, postgres):
    named = {"schema": "copied", "options": "application_name%3Dending"}
    opened = index.open_index(postgres.address(**named))
    with connect(copied) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE application_name = 'ending'"
        )
        assert ended.fetchall() == [(True,)]
    query = drawn(1).codes["image"]
    with pytest.raises(InputError, match="^database postgresql://") as caught:
        opened.search(query, find="image")
    assert "\n" not in str(caught.value)
    found = opened.search(query, find="image")
    check_equal(found, index.open_index(copied).search(query, find="image"))


def test_the_commands_copy_and_search(folder, postgres, tmp_path, capsys):
    address = postgres.address(schema="typed")
    assert program.main(["index", "copy", str(folder), address, "--hnsw"]) == 0
    assert capsys.readouterr().out == "postgresql:///postgres#typed: 196 rows\n"
    words = ["--item", "3", "--find", "text", "--k", "4", "--json"]
    assert program.main(["search", address, *words]) == 0
    found = capsys.readouterr().out
    assert program.main(["search", str(folder), *words]) == 0
    assert found == capsys.readouterr().out
    assert program.main(["search", address, *words, "--engine", "hnsw"]) == 0
    assert capsys.readouterr().out.count("\n") == 4
    assert program.main(["index", "info", address, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rows"], facts["bits"], facts["engine"]) == (196, 64, "hnsw")
    assert facts["bytes"] > 8192
    assert program.main(["index", "copy", address, str(tmp_path / "back")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'back'}: 196 rows\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", "b"], "copy: got two folders, wanted a folder and a postgresql:// addr"),
        (["postgresql:///a", "postgresql:///b"], "copy: got two databases"),
        (["postgresql:///a", "b", "--hnsw"], "hnsw: got a folder, wanted a database"),
        (["a", "postgresql:///b"], "index: got a, wanted the folder of an index"),
    ],
)
def test_bad_copies_are_one_line(capsys, words, message):
    assert message in error_line(capsys, "index", "copy", *words)


def test_the_benchmark_times_the_database(postgres, capsys):
    address = postgres.address(schema="timed")
    words = "--items 40 --bits 16 --queries 2 --k 3 --rounds 1 --postgres"
    assert program.main(["bench", "search", *words.split(), address]) == 0
    said = capsys.readouterr().out
    assert "SQL by hand" in said
    with pytest.raises(InputError, match="wanted the address of an index"):
        index.open_index(address)
    assert " postgres " in said


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:s%40cret@127.0.0.1:1/photos#holidays",
        "postgresql://ann:s%zzcret@127.0.0.1:1/photos",
        "postgresql://ann@127.0.0.1:1/photos?password=s%zzcret",
        "postgresql://ann@127.0.0.1:1/photos?password=s&cret",
        "postgresql://ann:s#cret@127.0.0.1:1/photos",
        "postgresql://ann:s?cret@127.0.0.1:1/photos",
        "postgresql://ann:s/cret@127.0.0.1:1/photos",
        "postgresql://ann:s@cret@127.0.0.1:1/photos",
        "postgresql://ann:secret",
        "postgresql:/ann:secret@127.0.0.1:1/photos",
        "PostgreSQL://ann:secret@127.0.0.1:1/photos",
        "postgresql://ann:secret@127.0.0.1:1/\udcff",
    ],
)
@pytest.mark.parametrize("command", ["search --item 1", "index info", "index copy"])
def test_passwords_are_not_shown(capsys, tmp_path, command, address):
    more = [str(tmp_path / "back")] if "copy" in command else []
    assert "cret" not in error_line(capsys, *command.split(), address, *more)


@pytest.mark.parametrize(
    "words",
    [
        "index build codes.npz --out",
        "index add {} codes.npz",
        "index remove {} --ids 1",
        "index verify",
        "index compact",
        "index engine {} none",
    ],
)
def test_commands_of_folders_refuse_a_database(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    np.savez("codes.npz", image=np.zeros((1, 8), np.uint8))
    address = "postgresql://ann:secret@127.0.0.1:1/photos"
    words = [address if word == "{}" else word for word in words.split()]
    words += [] if address in words else [address]
    said = error_line(capsys, *words)
    assert "index: got a database, wanted a folder; index copy" in said
    assert [path.name for path in tmp_path.iterdir()] == ["codes.npz"]


@pytest.mark.parametrize("schema", ["a b", 'x";', "é", "9" * 70])
def test_a_schema_is_a_plain_name(schema):
    with pytest.raises(InputError, match="a name of letters, digits and _"):
        Address.parse(f"postgresql:///photos#{schema}")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "--workers 2",
            "workers: got postgresql:///postgres#copied, wanted an index in",
        ),
        (
            "--rank both",
            "rank: got both of postgresql:///postgres#copied, wanted an ind",
        ),
    ],
)
def test_what_a_database_cannot_do_is_one_line(copied, postgres, capsys, more, message):
    address = postgres.address(schema="copied", user="tester:secret")
    assert message in error_line(
        capsys, "search", address, "--item", "1", *more.split()
    )


def test_other_engines_of_a_database_are_refused(copied):
    for engine in ("device", "faiss-ivf"):
        with pytest.raises(InputError, match="flat or hnsw for a database"):
            index.open_index(copied, engine=engine)
    with pytest.raises(InputError, match="flat, device or faiss-ivf for a folder"):
        index.open_index("my-index", engine="hnsw")
