"""A library's complexity from a pilot's reads and UMIs: planted truth, refusals."""

import re

import numpy as np
import pytest

from noisescaling.planning import Library, fit_complexity

READS = np.geomspace(500, 60_000, 8)


@pytest.mark.parametrize("amplification", ["even", "uneven"])
@pytest.mark.parametrize(("complexity", "usable"), [(20_000, 0.6), (3_000, 0.3), (9_000, 1.0)])
def test_a_planted_library_is_found_again(amplification, complexity, usable):
    library = Library(complexity, usable, amplification)
    found = fit_complexity(READS, library.umis(READS), amplification=amplification)
    assert found.complexity == pytest.approx(complexity, rel=1e-3)
    assert found.usable == pytest.approx(usable, rel=1e-3)
    assert found.amplification == amplification


@pytest.mark.parametrize("seed", range(5))
def test_counts_of_a_sequenced_library_give_it_back(seed):
    rng = np.random.default_rng(seed)
    molecules, usable = 8_000, 0.7
    copies = rng.exponential(size=molecules) / molecules
    umis = [(rng.poisson(usable * r * copies) > 0).sum() for r in READS]
    found = fit_complexity(READS, umis)
    assert found.complexity == pytest.approx(molecules, rel=0.1)
    assert found.usable == pytest.approx(usable, rel=0.1)


@pytest.mark.parametrize(
    ("reads", "umis", "message"),
    [
        ([100, 200], [50, 90], "reads hold 2 different depths; give at least 3"),
        ([100, 100, 200], [50, 50, 90], "reads hold 2 different depths"),
        ([100, 200, 400], [50, 90], "reads has 3 rows and umis has 2 rows"),
        ([100, 200, 400], [50, 250, 300], "umis = 250 is more than reads = 200; a read uncovers"),
        ([100, 200, 400], [90, 80, 60], "umis do not rise with reads: 90 at 100 reads, 60 at 400"),
        ([100, 200, 400], [50, 100, 200], "umis rise to 200 at 400 reads and hardly saturate"),
        ([100, 200, 400], [30, 140, 150], "umis rise to 150 at 400 reads"),
        ([1e5, 2e5, 4e5], [100, 101, 100.5], "umis are 100 at 100000 reads already"),
        ([100, 200, 0], [50, 90, 0], "reads holds 0; every value must be above 0"),
        ([100, 200, np.nan], [50, 90, 99], "reads holds 1 NaN"),
        ([[100, 200, 400]], [50, 90, 99], "reads has 2 axes"),
        ([100, 200, 400], ["a", "b", "c"], "umis holds text values; give numbers"),
    ],
)
def test_pilots_that_do_not_tell_the_library_are_refused(reads, umis, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fit_complexity(reads, umis)
