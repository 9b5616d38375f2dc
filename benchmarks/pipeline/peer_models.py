"""The published study's tools: scanpy, scikit-learn, scvi-tools and a BERT of transformers."""

from collections.abc import Callable
from typing import Any

import anndata as ad
import numpy as np
import scipy.sparse as sp
import torch
from benchmarks.pipeline.setting import cells
from benchmarks.timing import seconds

from noisescaling.models import SCVI, RankTransformer
from noisescaling.models.masked import padded
from noisescaling.models.transformer import FIRST_GENE, PAD, gene_medians, rank_tokens


def annotated(counts: Any) -> ad.AnnData:
    """Return counts as the annotated matrix that scanpy and scvi-tools take."""
    data = ad.AnnData(sp.csr_matrix(counts, dtype=np.float32))
    data.var_names = [f"gene {g}" for g in range(data.n_vars)]
    return data


def thinned(depth: float) -> ad.AnnData:
    """Thin by scanpy."""
    import scanpy as sc

    data = annotated(cells().counts)
    sc.pp.downsample_counts(data, total_counts=int(depth * data.n_obs), random_state=0)
    return data


def random_projection(data: ad.AnnData) -> np.ndarray:
    """Project by scikit-learn, of dense counts as published."""
    from sklearn.random_projection import GaussianRandomProjection

    return GaussianRandomProjection(16, random_state=42).fit_transform(data.X.toarray())


def principal_components(data: ad.AnnData) -> np.ndarray:
    """Normalize and choose 750 genes by scanpy, then TruncatedSVD of scikit-learn."""
    import scanpy as sc
    from sklearn.decomposition import TruncatedSVD

    data = data.copy()
    sc.pp.normalize_total(data, target_sum=1e4)
    sc.pp.log1p(data)
    sc.pp.highly_variable_genes(data, n_top_genes=min(750, data.n_vars))
    chosen = data[:, data.var["highly_variable"]].X
    return TruncatedSVD(16, random_state=0).fit_transform(chosen)


def scvi_trainer(data: ad.AnnData, settings: SCVI, max_epochs: int) -> Callable[[], int]:
    """Return a call that trains scvi-tools' SCVI and embeds, and gives the epochs it took."""
    import scvi

    def train() -> int:
        filled = data[np.asarray(data.X.sum(axis=1)).ravel() > 0].copy()
        scvi.model.SCVI.setup_anndata(filled)
        model = scvi.model.SCVI(
            filled, n_hidden=settings.n_hidden, n_latent=settings.n_latent,
            n_layers=settings.n_layers, dropout_rate=settings.dropout_rate,
            gene_likelihood=settings.gene_likelihood,
        )  # fmt: skip
        model.train(
            max_epochs=max_epochs, accelerator="cpu", batch_size=settings.batch_size,
            train_size=0.8, early_stopping=True,
            early_stopping_patience=settings.patience, check_val_every_n_epoch=1,
            plan_kwargs={"lr": settings.learning_rate, "n_epochs_kl_warmup": 1},
            enable_progress_bar=False, logger=None,
        )  # fmt: skip
        model.get_latent_representation()
        return len(model.history["elbo_validation"])

    return train


def bert_seconds(data: ad.AnnData, settings: RankTransformer, n_steps: int) -> float:
    """Return the seconds of some training steps of a masked BERT by transformers, on rank tokens.

    Batches are grouped by length, as published. The first step does not count. Evaluations,
    checkpoints and the embedding are left out, in the peer's favour.
    """
    step = _bert_step(data.n_vars, settings)
    counts = sp.csr_matrix(data.X).astype(np.int64)
    counts.eliminate_zeros()
    sentences = rank_tokens(counts, gene_medians(counts), settings.max_tokens)
    sentences = sorted((s for s in sentences if len(s)), key=len)
    rng = np.random.default_rng(0)
    batches = []
    for _ in range(n_steps + 1):
        start = rng.integers(0, max(1, len(sentences) - settings.batch_size))
        batches.append(padded(sentences[start : start + settings.batch_size], PAD))
    step(batches[0])
    return seconds(lambda: [step(batch) for batch in batches[1:]])


def _bert_step(n_genes: int, settings: RankTransformer) -> Callable[[np.ndarray], None]:
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=n_genes + FIRST_GENE,
        hidden_size=settings.width,
        num_hidden_layers=settings.n_layers,
        num_attention_heads=settings.n_heads,
        intermediate_size=settings.feed_forward,
        hidden_act=settings.activation,
        max_position_embeddings=settings.max_tokens,
        pad_token_id=PAD,
        hidden_dropout_prob=settings.dropout_rate,
        attention_probs_dropout_prob=settings.dropout_rate,
    )
    model: Any = BertForMaskedLM(config)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate)

    def step(tokens: np.ndarray) -> None:
        ids = torch.as_tensor(tokens)
        hidden = (torch.rand(ids.shape) < settings.masked_fraction) & (ids != PAD)
        shown, labels = ids.masked_fill(hidden, 1), ids.masked_fill(~hidden, -100)
        optimizer.zero_grad()
        model(shown, attention_mask=(ids != PAD).long(), labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step
