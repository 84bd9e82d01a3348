"""The tables of docs/serving.md are those of the program; run to print them."""

from conftest import ROOT

from scbch_jax.serve import openapi, problems


def tables():
    """The rows of each table, by its name."""
    operations = ["| operation | what it does |", "| --- | --- |"]
    operations += [
        f"| `{x.method} {x.path}` | {x.summary[0].lower()}{x.summary[1:]} |"
        for x in openapi.OPERATIONS
    ]
    kinds = ["| status | type | meaning |", "| ---: | --- | --- |"]
    kinds += [
        f"| {kind.status} | `/problems/{name}` | {kind.meaning} |"
        for name, kind in problems.KINDS.items()
    ]
    return {"operations": "\n".join(operations), "problems": "\n".join(kinds)}


def with_tables(text):
    for name, rows in tables().items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        text = text.split(begin)[0] + begin + rows + "\n" + end + text.split(end)[1]
    return text


def test_the_tables_are_in_the_docs():
    text = (ROOT / "docs" / "serving.md").read_text()
    assert text == with_tables(text)
