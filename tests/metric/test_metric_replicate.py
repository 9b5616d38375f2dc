import numpy as np
import pytest
import scipy.sparse as sp

from noisescaling.metric import replicate_information

RNG = np.random.default_rng(0)
STATE = RNG.standard_normal((800, 1))
COUNTS = RNG.poisson(40 * np.exp(0.7 * STATE * np.array([1, 1, 1, -1, -1, -1])))


class LogCounts:
    """Log counts; remembers what it was fitted on."""

    def fit(self, data):
        self.rows = data.shape[0]
        return self

    def embed(self, data):
        dense = data.toarray() if sp.issparse(data) else data
        return np.log1p(np.asarray(dense, dtype=float))


class Constant(LogCounts):
    def embed(self, data):
        return np.zeros((data.shape[0], 2))


def test_deeper_counts_replicate_better():
    shallow = np.random.default_rng(1).binomial(COUNTS, 0.1)
    deep = replicate_information(COUNTS, LogCounts())
    assert deep.bits > replicate_information(shallow, LogCounts()).bits + 0.5
    assert deep.signal == "continuous"


def test_a_constant_embedding_gets_nothing():
    assert replicate_information(COUNTS, Constant()).bits == 0


@pytest.mark.parametrize(("fit_on", "rows"), [("first", 800), ("both", 1_600)])
def test_what_the_model_learns_from(fit_on, rows):
    model = LogCounts()
    dense = replicate_information(COUNTS, model, fit_on=fit_on, seed=3)
    assert model.rows == rows
    sparse = replicate_information(sp.csr_matrix(COUNTS), LogCounts(), fit_on=fit_on, seed=3)
    assert sparse.n_samples == dense.n_samples == 800


def test_a_fitted_model_is_left_alone():
    model = LogCounts()
    replicate_information(COUNTS, model, fit_on="nothing")
    assert not hasattr(model, "rows")


def test_an_unknown_fit_is_refused():
    with pytest.raises(ValueError, match="fit_on = 'half' is unknown; give one of first, both"):
        replicate_information(COUNTS, LogCounts(), fit_on="half")
