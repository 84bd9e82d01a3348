from scbch_jax import plotting
from scbch_jax.report.figures import drawing
from scbch_jax.report.figures.drawing import Curve


def figure(*labels):
    curves = [Curve(label, [1, 2], [0.1, i]) for i, label in enumerate(labels)]
    return drawing.curves_figure("f", "A & B", "", curves, x="epoch", y="MAP, %")


def test_a_figure_is_two_files_and_a_part_of_the_page():
    shown = drawing.render(figure("up", "down"))
    assert shown.png.startswith(b"\x89PNG")
    for word in (">up<", ">down<", ">epoch<", ">MAP, %<"):
        assert word.encode() in shown.svg
        assert word in shown.inline
    assert "currentColor" in shown.inline
    assert plotting.INK not in shown.inline
    assert "<metadata" not in shown.inline
    assert drawing.render(figure("up", "down")).svg == shown.svg, "the same bytes again"


def test_a_single_curve_has_no_legend():
    assert b">up<" not in drawing.render(figure("up")).svg


def test_a_figure_grows_with_its_legend():
    few, many = figure("a", "b"), figure("a", "b", "c", "d", "e", "f")
    assert figure("a").size == drawing.SIZE
    assert few.size[1] < many.size[1]
    long = figure("a" * 20 + " " + "b" * 20, "c")
    assert long.size[1] > few.size[1], "a label of two lines"
