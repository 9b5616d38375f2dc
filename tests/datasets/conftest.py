"""Public files are read where they lie on this machine; a test never downloads."""

import pytest

from noisescaling import datasets
from noisescaling.sweep.measure import Source


@pytest.fixture
def load():
    """Load a public data set, or skip the test with a word where its files are not at hand."""

    def load_or_skip(name):
        if name not in datasets.at_hand():
            pytest.skip(f"the files of {name} are not at hand: set NOISESCALING_MIRROR")
        return datasets.load(name)

    return load_or_skip


@pytest.fixture
def checksum():
    """Return the sum of a data set's content that the points of sweeps are known by."""

    def sums(dataset):
        source = Source(dataset)
        return str([source.content, source.checksums()])

    return sums
