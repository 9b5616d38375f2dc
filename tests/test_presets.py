import pytest

from noisescaling import presets


def test_a_given_value_overrides_the_preset():
    assert presets.pick("smoke", 7, smoke=1, laptop=2, paper=3) == 7
    assert presets.pick("laptop", 0, smoke=1, laptop=2, paper=3) == 2
    assert presets.pick("paper", "", smoke="a", laptop="b", paper="c") == "c"


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="preset = 'quick' is unknown; give one of smoke, laptop"):
        presets.pick("quick", 7, smoke=1, laptop=2, paper=3)


def test_lists_are_read_from_text():
    assert presets.numbers("depths", "10, 30 1e2,") == [10.0, 30.0, 100.0]
    assert presets.words("models", "PCA, SCVI") == ["PCA", "SCVI"]


def test_text_without_a_list_is_refused():
    with pytest.raises(ValueError, match="depths = '10, many' is no list of numbers"):
        presets.numbers("depths", "10, many")
    with pytest.raises(ValueError, match="depths = ' ' holds no number"):
        presets.numbers("depths", " ")
    with pytest.raises(ValueError, match="models = ',' holds no name"):
        presets.words("models", ",")
