"""scVI: a variational autoencoder of counts (Lopez et al. 2018), by scvi-tools."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from noisescaling._checks import choice
from noisescaling._compute import device_of
from noisescaling.models._training import (
    NetworkSettings,
    alone,
    check_settings,
    held_out,
    quiet,
)
from noisescaling.models.base import CellModel, row_sums


@dataclass(frozen=True)
class SCVISettings(NetworkSettings):
    """Settings of `SCVI`; the defaults are the published ones.

    The published study stopped early after a number of epochs that it set for each data set; here
    training stops after `patience` epochs without a gain, and after `max_epochs` at the latest.
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

    def __post_init__(self) -> None:
        check_settings(
            self, n_hidden=1, n_latent=1, n_layers=1, max_epochs=1, patience=1, batch_size=2,
            kl_warmup_epochs=0,
        )  # fmt: skip
        choice("gene_likelihood", self.gene_likelihood, ("zinb", "nb", "poisson"))
        choice("dispersion", self.dispersion, ("gene", "gene-cell"))


class SCVI(CellModel[SCVISettings]):
    """Latent means of scVI, a variational autoencoder with a count likelihood.

    Cells without molecules have no depth to condition on: they are left out of the fit, and embed,
    as any cell does, to what the encoder answers to their counts; all to one point. Training keeps
    the weights of the epoch with the best evidence bound on held-out cells.
    """

    default = SCVISettings()
    small_settings = replace(
        default,
        n_hidden=128,
        learning_rate=4e-3,
        batch_size=128,
        max_epochs=40,
        patience=10,
        n_threads=1,
    )
    min_cells = 10

    components_setting = "n_latent"

    def _fit(self, counts: sp.csr_matrix) -> None:
        with alone(self.seed, self.settings.n_threads):
            self._model = self._start(counts[row_sums(counts) > 0])
            #: Evidence bound of the held-out cells, in nats a cell with the sign of a loss, each
            #: epoch.
            self.losses: list[float] = []
            if not self.settings.untrained:
                with quiet():  # the libraries' loggers exist now
                    self._train()
            self._model.is_trained = True  # scvi-tools embeds with no model that it did not train
            self._model.module.eval()

    def _start(self, counts: sp.csr_matrix) -> Any:
        # Imported late: it takes seconds, and the linear models do without it.
        import scvi

        data = _annotated(counts)
        scvi.model.SCVI.setup_anndata(data)
        return scvi.model.SCVI(
            data,
            n_hidden=self.settings.n_hidden,
            n_latent=self.settings.n_latent,
            n_layers=self.settings.n_layers,
            dropout_rate=self.settings.dropout_rate,
            gene_likelihood=self.settings.gene_likelihood,
            dispersion=self.settings.dispersion,
        )

    def _train(self) -> None:
        best = _best_weights(self.settings.patience)
        rng = np.random.default_rng(self.seed)
        share = self.settings.validation_fraction
        training, apart = held_out(self._model.adata.n_obs, share, 2, rng)
        self._model.train(
            max_epochs=self.settings.max_epochs,
            accelerator="gpu" if device_of(self.settings.device) == "cuda" else "cpu",
            devices=1,
            batch_size=_batch_size(len(training), self.settings.batch_size),
            datasplitter_kwargs={"external_indexing": [training, apart, np.array([], int)]},
            plan_kwargs={
                "lr": self.settings.learning_rate,
                "n_epochs_kl_warmup": self.settings.kl_warmup_epochs,
            },
            check_val_every_n_epoch=1,
            callbacks=[best],
            benchmark=False,
            logger=False,
            enable_progress_bar=False,
        )
        self._model.module.load_state_dict(best.weights)
        self.losses = best.losses

    def _embed(self, counts: sp.csr_matrix) -> NDArray[Any]:
        with alone(self.seed, self.settings.n_threads):
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
