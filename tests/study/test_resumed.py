"""Tables that are measured a group of rows at a time: what is there stays, and is not repeated."""

import pandas as pd
import pytest

from study import resumed

KEY = ["dataset", "seed"]


def test_a_table_goes_on_where_it_stopped(tmp_path):
    file, asked = tmp_path / "table.csv", []

    def measure(dataset, seed):
        asked.append((dataset, seed))
        if seed == 2:
            raise KeyboardInterrupt
        return pd.DataFrame({"what": ["a", "b"], "bits": [seed + 0.25, seed + 0.5]})

    with pytest.raises(KeyboardInterrupt):
        resumed.go_on(file, KEY, [("x", 0), ("x", 1), ("x", 2)], measure)
    assert pd.read_csv(file)["bits"].tolist() == [0.25, 0.5, 1.25, 1.5], "what was done is kept"
    resumed.go_on(file, KEY, [("x", 1), ("y", 0), ("x", 0)], measure)
    assert asked == [("x", 0), ("x", 1), ("x", 2), ("y", 0)]
    assert pd.read_csv(file)["dataset"].tolist() == ["x"] * 4 + ["y"] * 2


def test_only_known_data_sets_are_kept(tmp_path):
    pd.DataFrame({"dataset": ["x", "y", "x"]}).to_csv(tmp_path / "table.csv")
    assert len(resumed.of_sets(tmp_path / "table.csv", ("x", "y"))) == 3
    assert len(resumed.of_sets(tmp_path / "table.csv", ("x", "y"), "x")) == 2
    with pytest.raises(ValueError, match="dataset = 'z' is unknown; give one of x, y"):
        resumed.of_sets(tmp_path / "table.csv", ("x", "y"), "z")
