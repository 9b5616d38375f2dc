"""Prices and saturation: against simulated libraries, inverses, and refusals."""

import re

import numpy as np
import pytest

from noisescaling.planning import Costs, Library


@pytest.mark.parametrize("amplification", ["even", "uneven"])
def test_saturation_is_that_of_a_sequenced_library(amplification):
    rng = np.random.default_rng(0)
    molecules, usable, reads = 20_000, 0.7, 30_000
    copies = np.ones(molecules) if amplification == "even" else rng.exponential(size=molecules)
    drawn = rng.poisson(usable * reads * copies / copies.sum())
    library = Library(molecules, usable, amplification)
    assert float(library.umis(reads)) == pytest.approx((drawn > 0).sum(), rel=0.02)


@pytest.mark.parametrize("amplification", ["even", "uneven"])
def test_reads_are_the_inverse_of_umis(amplification):
    library = Library(8_000, 0.6, amplification)
    reads = np.geomspace(1, 3e4, 20)
    assert library.reads(library.umis(reads)) == pytest.approx(reads, rel=1e-9)


def test_the_first_reads_find_a_new_molecule_each_and_the_last_none():
    library = Library(8_000, 0.6)
    assert float(library.umis(1.0)) == pytest.approx(0.6, rel=1e-3)
    assert np.isinf(library.reads(8_000))
    assert np.isinf(library.reads(9_000))


def test_even_amplification_wastes_fewer_reads():
    assert float(Library(5_000, 1, "even").umis(5_000)) == pytest.approx(5_000 * (1 - np.exp(-1)))
    assert float(Library(5_000, 1, "uneven").umis(5_000)) == pytest.approx(2_500)


def test_price_of_a_design_by_the_umi_and_by_the_read():
    assert float(Costs(0.5, per_umi=1e-4).total(1_000, 2_000)) == pytest.approx(700)
    by_read = Costs(0.5, per_read=1e-5, library=Library(10_000, 0.5))
    # 5,000 of 10,000 molecules take 10,000 usable reads, so 20,000 reads.
    assert float(by_read.total(100, 5_000)) == pytest.approx(100 * (0.5 + 0.2))


@pytest.mark.parametrize(
    "costs", [Costs(0.2, per_umi=1e-5), Costs(0.2, per_read=1e-6, library=Library(9_000, 0.6))]
)
def test_depth_for_a_price_is_the_inverse_of_the_price(costs):
    umis = np.geomspace(1, 8_000, 15)
    assert costs.depth_for(costs.one_cell(umis)) == pytest.approx(umis, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"per_cell": -1, "per_umi": 1}, "per_cell = -1 is negative; give a price of at least 0"),
        ({"per_cell": 1, "per_umi": -2}, "per_umi = -2 is negative"),
        ({"per_cell": float("nan"), "per_umi": 1}, "per_cell holds 1 NaN or infinite values of 1"),
        ({"per_cell": 1}, "per_umi = 0 and per_read = 0 make depth free"),
        (
            {"per_cell": 1, "per_umi": 1, "per_read": 2, "library": Library(10)},
            "per_umi = 1 and per_read = 2 both price depth",
        ),
        ({"per_cell": 1, "per_read": 2}, "per_read = 2 needs a library"),
    ],
)
def test_prices_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Costs(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "complexity holds 0; every value must be above 0"),
        ((100, 1.5), "usable = 1.5 is a fraction of the reads; give at most 1"),
        ((100, 0), "usable holds 0"),
        ((100, 1, "odd"), "amplification = 'odd' is unknown; give one of even, uneven"),
    ],
)
def test_libraries_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Library(*arguments)
