import csv

from scbch_jax.report import forms
from scbch_jax.report.sheet import Block, Cell, Row, Sheet

SHEET = Sheet(
    name="t",
    title="MAP & <more>",
    corner="method",
    groups=(("20 % noise", ("16 bits", "32 bits")), ("", ("s",))),
    blocks=(
        Block(
            "published", (Row("A_1", (Cell("50.0", 50.0, "best"), Cell(), Cell("3"))),)
        ),
        Block(
            "ours", (Row("B", (Cell("49.0 ± 0.1", 49.0, "second"), Cell(), Cell())),)
        ),
    ),
    note="empty: not run",
)


def test_markdown_has_a_table_a_block():
    said = forms.markdown(SHEET)
    assert "| method | 20 % noise, 16 bits | 20 % noise, 32 bits | s |" in said
    assert "| A_1    |            **50.0** |                     | 3 |" in said
    assert "<u>49.0 ± 0.1</u>" in said
    assert said.index("*published*") < said.index("A_1") < said.index("*ours*")
    assert said.endswith("empty: not run\n")


def test_csv_has_a_line_a_row():
    rows = list(csv.reader(forms.comma_separated(SHEET).splitlines()))
    assert rows == [
        ["block", "method", "20 % noise, 16 bits", "20 % noise, 32 bits", "s"],
        ["published", "A_1", "50.0", "", "3"],
        ["ours", "B", "49.0 ± 0.1", "", ""],
    ]


def test_latex_escapes_and_marks():
    said = forms.latex(SHEET)
    assert r"A\_1 & \textbf{50.0} &  & 3 \\" in said
    assert r"\underline{49.0 $\pm$ 0.1}" in said
    assert r"\multicolumn{2}{c}{20 \% noise}" in said
    assert r"\begin{tabular}{lrrr}" in said
    body = [x for x in said.splitlines() if x.endswith(r"\\")]
    spans = [1 + x.count("&") for x in body if "multicolumn" not in x]
    assert set(spans) == {4}, "every row has all columns"


def test_the_page_keeps_names_from_being_markup():
    said = forms.page(SHEET)
    assert "MAP &amp; &lt;more&gt;" in said
    assert "<b>50.0</b>" in said
    assert "<td></td>" in said
