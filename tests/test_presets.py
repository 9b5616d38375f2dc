import numpy as np
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


def test_check_parameters_reads_values_as_declared():
    annotations = {"depths": str, "seed": int, "share": float, "quick": bool}
    given = {
        "depths": 100,
        "seed": "7",
        "share": 1,
        "quick": "true",
        "__annotations__": annotations,
    }
    presets.check_parameters(given)
    assert [given[n] for n in annotations] == ["100", 7, 1.0, True]
    with pytest.raises(ValueError, match="parameter seed = True is no int"):
        presets.check_parameters({"seed": True, "__annotations__": annotations})
    with pytest.raises(ValueError, match=r"parameter seed = 3\.7 is no int"):
        presets.check_parameters({"seed": 3.7, "__annotations__": annotations})


def test_numbers_of_the_prose_are_plain_numbers_and_texts(monkeypatch):
    told = {}
    monkeypatch.setattr("myst_nb.glue", lambda name, value, display: told.update({name: value}))
    presets.tell(n=np.int64(3), bits=np.float32(0.5), word="yes", share=np.array(0.25))
    assert told == {"n": 3, "bits": 0.5, "word": "yes", "share": 0.25}
    assert {type(value) for value in told.values()} == {int, float, str}
