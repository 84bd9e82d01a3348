import numpy as np
import pytest

from scbch_jax.report import drawing
from scbch_jax.report.drawing import Curve, Figure


@pytest.mark.parametrize("seed", range(20))
def test_names_stay_apart_and_in_order(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    at, heights = rng.random(n), rng.choice([0.07, 0.13], n)
    found = drawing.apart(at, heights)
    order = np.argsort(found)
    low, high = (found - heights / 2)[order], (found + heights / 2)[order]
    assert (low[1:] >= high[:-1] - 1e-9).all(), "no two overlap"
    assert (np.diff(at[order]) >= 0).all(), "in the order of their curves"
    assert low[0] >= -1e-9
    assert high[-1] <= 1 + 1e-9


def test_names_with_room_stay_where_they_are():
    at = np.array([0.8, 0.2, 0.5])
    np.testing.assert_allclose(drawing.apart(at, np.full(3, 0.1)), at)


def test_a_figure_is_two_files_and_a_part_of_the_page(tmp_path):
    curves = [Curve(name, [1, 2], [0.1, y]) for name, y in (("up", 0.2), ("down", 0.0))]
    figure = Figure(
        "f",
        "A & B",
        "",
        lambda axes: drawing.lines(axes, curves, x="epoch", y="MAP, %"),
    )
    (shown,) = drawing.save([figure], tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.png", "f.svg"]
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert all(word in shown for word in (">up<", ">down<", ">epoch<", ">MAP, %<"))
    assert "currentColor" in shown
    assert drawing.INK not in shown
    assert "<metadata" not in shown
    before = (tmp_path / "f.svg").read_bytes()
    drawing.save([figure], tmp_path)
    assert (tmp_path / "f.svg").read_bytes() == before, "the same bytes again"
