import numpy as np
import scipy.sparse as sp

from noisescaling.models.masked import by_length, hide, padded
from noisescaling.models.transformer import (
    FIRST_GENE,
    MASK,
    PAD,
    buckets,
    gene_medians,
    rank_tokens,
    widest_genes,
)


def genes(sentences):
    return [(sentence - FIRST_GENE).tolist() for sentence in sentences]


def test_median_share_is_over_the_cells_that_hold_the_gene():
    counts = sp.csr_matrix([[1, 1, 0, 0], [3, 0, 1, 0], [8, 2, 0, 0], [0, 0, 0, 0]])
    # Shares: gene 0 in .5, .75, .8; gene 1 in .5, .2; gene 2 in .25; gene 3 nowhere.
    np.testing.assert_allclose(gene_medians(counts), [0.75, 0.35, 0.25, np.inf])


def test_genes_in_use_vary_most_in_log_share_and_ties_go_to_the_first():
    counts = np.random.default_rng(0).poisson([0.01, 1.0, 0.0, 3.0, 0.3, 0.0], (400, 6))
    shares = np.log1p(10_000 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    by_variance = np.argsort(-shares.var(axis=0), kind="stable")
    for n in (1, 3, 5, 6, 99):
        assert widest_genes(sp.csr_matrix(counts), n).tolist() == sorted(by_variance[:n])
    assert by_variance[-2:].tolist() == [2, 5]


def test_genes_rank_by_share_over_median_share():
    counts = sp.csr_matrix([[6, 3, 1, 0], [5, 0, 5, 0], [0, 0, 0, 7]])
    medians = np.array([0.5, 0.1, 0.2, 1.0])
    # Cell 0: .6/.5 = 1.2, .3/.1 = 3, .1/.2 = .5.  Cell 1: .5/.5 = 1, .5/.2 = 2.5.
    assert genes(rank_tokens(counts, medians, 8)) == [[1, 0, 2], [2, 0], [3]]
    assert genes(rank_tokens(counts, medians, 2)) == [[1, 0], [2, 0], [3]]


def test_depth_alone_changes_no_rank():
    counts = np.random.default_rng(0).poisson(1.0, (20, 30))
    medians = gene_medians(sp.csr_matrix(counts))
    once, thrice = (rank_tokens(sp.csr_matrix(m), medians, 30) for m in (counts, 3 * counts))
    assert genes(once) == genes(thrice)


def test_ties_go_to_the_first_gene_and_unknown_genes_and_empty_cells_make_no_token():
    counts = sp.csr_matrix([[2, 2, 2, 0], [0, 0, 0, 9], [0, 0, 0, 0]])
    medians = np.array([0.3, 0.3, 0.3, np.inf])
    assert genes(rank_tokens(counts, medians, 8)) == [[0, 1, 2], [], []]


def test_padding_fills_up_to_the_longest():
    assert padded([np.array([5, 6, 7]), np.array([8])], PAD).tolist() == [[5, 6, 7], [8, PAD, PAD]]


def test_buckets_hold_each_cell_once_and_similar_lengths_together():
    lengths = np.random.default_rng(0).integers(1, 500, 320)
    batches = list(buckets(lengths, 10, np.random.default_rng(1)))
    assert sorted(np.concatenate(batches)) == list(range(320))
    spread = np.mean([np.ptp(lengths[batch]) for batch in batches])
    assert spread < np.ptp(lengths) / 4
    again = list(buckets(lengths, 10, np.random.default_rng(2)))
    assert {tuple(sorted(b)) for b in batches} != {tuple(sorted(b)) for b in again}


def test_batches_by_length_are_sorted():
    lengths = np.array([4, 1, 3, 2, 5])
    assert [batch.tolist() for batch in by_length(lengths, 2)] == [[1, 3], [2, 0], [4]]


def hidden_genes(tokens, fraction, n_tokens):
    words = np.arange(FIRST_GENE, n_tokens)
    return hide(tokens, tokens != PAD, words, MASK, fraction, np.random.default_rng(0))


def test_hiding_follows_the_masked_language_recipe():
    tokens = np.full((400, 50), 7)
    tokens[:, 40:] = PAD
    batch = hidden_genes(tokens, 0.15, 1000)
    shown, hidden = batch.shown, batch.hidden
    assert (batch.right == tokens).all()
    assert not hidden[:, 40:].any()
    assert abs(hidden[:, :40].mean() - 0.15) < 0.01
    assert abs((shown[hidden] == MASK).mean() - 0.8) < 0.03
    assert abs((shown[hidden] == 7).mean() - 0.1) < 0.03
    assert (shown[~hidden] == tokens[~hidden]).all()
    assert shown[hidden].min() >= MASK
    assert shown.max() < 1000


def test_each_cell_has_a_hidden_gene_even_if_it_has_but_one():
    tokens = padded([np.array([9]), np.array([4, 5])], PAD)
    hidden = hidden_genes(tokens, 1e-9, 20).hidden
    assert hidden.sum(axis=1).tolist() == [1, 1]
    assert not hidden[tokens == PAD].any()
