import csv

from scbch_jax.report import page, tables
from scbch_jax.report.page import Section
from scbch_jax.report.tables import Block, Cell, Row, Table

TABLE = Table(
    name="t",
    title="MAP & <more>",
    row_header="method",
    column_groups=(("20 % noise", ("16 bits", "32 bits")), ("", ("s",))),
    blocks=(
        Block(
            "published", (Row("A_1", (Cell("50.0", 50.0, "best"), Cell(), Cell("3"))),)
        ),
        Block(
            "this package",
            (Row("B", (Cell("49.0 ± 0.1", 49.0, "second"), Cell(), Cell())),),
        ),
    ),
    note="empty: not run",
)


def test_markdown_has_a_table_for_each_block():
    said = tables.to_markdown(TABLE)
    assert "| method | 20 % noise, 16 bits | 20 % noise, 32 bits | s |" in said
    assert "| A_1    |            **50.0** |                     | 3 |" in said
    assert "<u>49.0 ± 0.1</u>" in said
    assert said.index("*published*") < said.index("A_1") < said.index("*this package*")
    assert said.endswith("empty: not run\n")


def test_csv_has_a_line_for_each_row():
    rows = list(csv.reader(tables.to_csv(TABLE).splitlines()))
    assert rows == [
        ["block", "method", "20 % noise, 16 bits", "20 % noise, 32 bits", "s"],
        ["published", "A_1", "50.0", "", "3"],
        ["this package", "B", "49.0 ± 0.1", "", ""],
    ]


def test_latex_escapes_and_marks():
    said = tables.to_latex(TABLE)
    assert r"A\_1 & \textbf{50.0} &  & 3 \\" in said
    assert r"\underline{49.0 $\pm$ 0.1}" in said
    assert r"\multicolumn{2}{c}{20 \% noise}" in said
    assert r"\begin{tabular}{lrrr}" in said
    body = [x for x in said.splitlines() if x.endswith(r"\\")]
    spans = [1 + x.count("&") for x in body if "multicolumn" not in x]
    assert set(spans) == {4}, "every row has all columns"


def test_latex_runs_no_command_of_a_name():
    rows = (Row(r"\input{x}", (Cell("1~2^3"), Cell(), Cell())),)
    said = tables.to_latex(TABLE._replace(blocks=(Block("b", rows),)))
    assert r"\textbackslash{}input\{x\} & 1\~{}2\^{}3 &" in said


def test_the_page_escapes_names():
    said = page.render("Title", "A & B", [Section("Tables", tables=[TABLE])])
    assert "MAP &amp; &lt;more&gt;" in said
    assert "A &amp; B" in said
    assert "<b>50.0</b>" in said
    assert "<u>49.0 ± 0.1</u>" in said
    assert "<td></td>" in said
    assert '<th colspan="2" scope="colgroup">20 % noise</th>' in said


def test_the_page_leaves_out_empty_sections():
    said = page.render("Title", "", [Section("Tables", tables=[TABLE]), Section("No")])
    assert said.count("<section>") == 1
    assert "#no" not in said
