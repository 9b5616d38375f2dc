"""scVI: a variational autoencoder of counts (Lopez et al. 2018), by scvi-tools."""

from typing import Any, ClassVar, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._compute import device_of
from noisescaling._counts import row_sums
from noisescaling.models.base import at_least, fraction, share
from noisescaling.models.training import Network, held_out

_OF_SCVI = (
    "n_hidden", "n_latent", "n_layers", "dropout_rate", "gene_likelihood", "dispersion",
)  # fmt: skip


class SCVI(Network):
    """Latent means of scVI, a variational autoencoder with a count likelihood.

    Cells without molecules have no depth to condition on: they are left out of the fit, and embed,
    as any cell does, to what the encoder answers to their counts; all to one point. Training keeps
    the weights of the epoch with the best evidence bound on held-out cells; `losses` are that
    bound, in nats a cell with the sign of a loss, after each epoch.

    The default settings are the published ones. The published study stopped early after a number of
    epochs that it set for each data set; here training stops after `patience` epochs without a
    gain, and after `max_epochs` at the latest.

    Examples
    --------
    >>> from noisescaling import datasets, models
    >>> cells = datasets.simulate_cells(n_cells=60, n_genes=20, umis_per_cell=50)
    >>> model = models.SCVI(n_latent=4, n_hidden=8, max_epochs=1).fit(cells.counts)
    >>> model.embed(cells.counts).shape
    (60, 4)
    """

    n_hidden: int = 512
    n_latent: int = 16
    n_layers: int = 1
    dropout_rate: float = 0.1
    gene_likelihood: Literal["zinb", "nb", "poisson"] = "zinb"
    dispersion: Literal["gene", "gene-cell"] = "gene"
    batch_size: int = 512
    kl_warmup_epochs: int = 1
    validation_fraction: float = 0.2
    max_epochs: int = 400
    patience: int = 20

    small: ClassVar = dict(
        n_hidden=128, learning_rate=4e-3, batch_size=128, max_epochs=40, patience=10, n_threads=1
    )
    ranges: ClassVar = {
        "batch_size": at_least(2), "kl_warmup_epochs": at_least(0), "dropout_rate": share,
        "validation_fraction": fraction,
    }  # fmt: skip
    min_rows = 10
    up_to_features = "n_latent"

    def _start(self, counts: sp.csr_matrix) -> None:
        # Imported late: it takes seconds, and the linear models do without it.
        import scvi

        data = _annotated(counts[row_sums(counts) > 0])
        scvi.model.SCVI.setup_anndata(data)
        self._model = scvi.model.SCVI(data, **{name: getattr(self, name) for name in _OF_SCVI})

    def _train(self, prepared: None, rng: np.random.Generator) -> list[float]:
        best = _best_weights(self.patience)
        training, apart = held_out(self._model.adata.n_obs, self.validation_fraction, 2, rng)
        self._model.train(
            max_epochs=self.max_epochs,
            accelerator="gpu" if device_of(self.device) == "cuda" else "cpu",
            devices=1,
            batch_size=_batch_size(len(training), self.batch_size),
            datasplitter_kwargs={"external_indexing": [training, apart, np.array([], int)]},
            plan_kwargs={"lr": self.learning_rate, "n_epochs_kl_warmup": self.kl_warmup_epochs},
            check_val_every_n_epoch=1,
            callbacks=[best],
            benchmark=False,
            logger=False,
            enable_progress_bar=False,
        )
        self._model.module.load_state_dict(best.weights)
        return list(best.losses)

    def _represent(self, counts: sp.csr_matrix) -> NDArray[Any]:
        self._model.is_trained = True  # scvi-tools embeds with no model that it did not train
        self._model.module.eval()
        return np.asarray(self._model.get_latent_representation(_annotated(counts)))


def _batch_size(n_cells: int, wanted: int) -> int:
    """Return the batch size nearest below `wanted` that leaves no batch of one cell.

    The spread of a single cell is undefined in batch normalization.
    """
    size = min(wanted, n_cells)
    while n_cells % size == 1:
        size -= 1
    return max(size, 2)


def _annotated(counts: sp.csr_matrix) -> Any:
    import anndata as ad

    return ad.AnnData(counts.astype(np.float32))


def _best_weights(patience: int) -> Any:
    """Return a callback that stops early, and copies the weights of the lowest loss so far.

    That of scvi-tools prints when it stops.
    """
    from lightning.pytorch.callbacks import EarlyStopping

    class BestWeights(EarlyStopping):
        def __init__(self) -> None:
            super().__init__("elbo_validation", patience=patience)
            self.losses: list[float] = []
            self.weights: dict[str, Any] = {}

        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            loss = float(trainer.callback_metrics[self.monitor])
            if not self.losses or loss < min(self.losses):
                state = pl_module.module.state_dict()
                self.weights = {name: tensor.clone() for name, tensor in state.items()}
            self.losses.append(loss)
            super().on_validation_end(trainer, pl_module)

    return BestWeights()
