import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from noisescaling.noise import _binomial

GENERATORS = (np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64)


def binomial(counts, probability, rng):
    where, values = _binomial.binomial(counts.ravel(), probability, rng)
    assert (values > 0).all()
    full = np.zeros(counts.size, int)
    full[where] = values
    return full.reshape(counts.shape)


def rngs(seed, kind=np.random.PCG64):
    return np.random.Generator(kind(seed)), np.random.Generator(kind(seed))


@given(
    hnp.arrays(np.int64, st.integers(0, 200), elements=st.integers(0, 2000)),
    st.floats(1e-6, 1 - 1e-6),
    st.integers(0, 2**32 - 1),
)
def test_the_numbers_are_those_of_numpy_and_so_is_what_follows(counts, probability, seed):
    ours, theirs = rngs(seed)
    assert (binomial(counts, probability, ours) == theirs.binomial(counts, probability)).all()
    assert ours.random() == theirs.random()


@pytest.mark.parametrize("kind", GENERATORS)
@pytest.mark.parametrize("mean", [0.5, 20.0, 300.0])
@pytest.mark.parametrize("probability", [0.003, 0.1, 0.5, 0.9])
def test_the_numbers_are_those_of_numpy_over_many_blocks(kind, mean, probability):
    counts = np.random.default_rng(0).poisson(mean, (3, 50_000))
    ours, theirs = rngs(7, kind)
    assert (binomial(counts, probability, ours) == theirs.binomial(counts, probability)).all()
    assert ours.random() == theirs.random()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64])
def test_any_integers_will_do(dtype):
    counts = np.arange(200, dtype=dtype)
    ours, theirs = rngs(1)
    assert (binomial(counts, 0.3, ours) == theirs.binomial(counts.astype(np.int64), 0.3)).all()


def test_where_numpy_draws_anew_numpy_draws(monkeypatch):
    counts = np.full(1000, 40)
    real = _binomial._tables

    def strict(p):
        none, most = real(p)
        return none, np.minimum(most, 5)

    monkeypatch.setattr(_binomial, "_tables", strict)
    ours, theirs = rngs(2)
    assert (binomial(counts, 0.2, ours) == theirs.binomial(counts, 0.2)).all()
    assert ours.random() == theirs.random()
