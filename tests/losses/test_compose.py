import pytest

from scbch_jax import losses


def test_total_is_the_weighted_sum():
    terms = {"a": (2.0, lambda v: v + 1), "b": (0.5, lambda v: v * 4)}
    total, values = losses.weighted_sum(terms)(3.0)
    assert total == 2 * 4 + 0.5 * 12
    assert values == {"total": total, "a": 4.0, "b": 12.0}


def test_a_variant_is_another_dictionary():
    terms = {"a": (2.0, lambda v: v), "b": (1.0, lambda v: v)}
    without = {k: t for k, t in terms.items() if k != "b"}
    replaced = terms | {"b": (3.0, lambda v: v * v)}
    assert losses.weighted_sum(without)(5.0)[0] == 10
    assert losses.weighted_sum(replaced)(5.0)[0] == 85


@pytest.mark.parametrize("terms", [{}, {"total": (1.0, lambda v: v)}])
def test_what_cannot_be_summed_is_refused(terms):
    with pytest.raises(ValueError, match="wanted one or more, none 'total'"):
        losses.weighted_sum(terms)
