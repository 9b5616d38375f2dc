"""Embeddings that another program made: cells thinned for it, and its output as a tidy table."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import choice, positive, whole
from noisescaling._compute import threads
from noisescaling._signal_kind import are_missing
from noisescaling.datasets._annotated import opened
from noisescaling.datasets.dataset import Digest, Signal
from noisescaling.datasets.pairing import without_lone_labels
from noisescaling.noise import check_counts, downsample
from noisescaling.noise.counts import capture_probability
from noisescaling.sweep.measure import COLUMNS, estimate, versions

#: Where an exported file tells of its depth.
_UNS = "noisescaling"


def export_depths(
    source: Any,
    depths: Sequence[float],
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    layer: str = "X",
) -> list[Path]:
    """Write counts thinned to each depth, in UMIs per cell, as h5ad files for another program.

    Each file has the cells, genes and columns of `source`, and counts in X. In
    `uns["noisescaling"]` stand the depth, the seed, the number of cells and a checksum of the
    counts before thinning. Former embeddings (`obsm`) are left out, since they are of all
    molecules.

    Parameters
    ----------
    source
        An AnnData, or the path of an h5ad file.
    depths
        Mean depths, in UMIs per cell; above 0 and at most that of the counts.
    folder
        Where the files go; made if it is not there.
    seed
        The same seed keeps the same molecules.
    layer
        Where the raw counts are: "X", "raw" or a layer.

    Returns
    -------
    The files, in the order of the depths.

    Raises
    ------
    ValueError
        If there are no raw counts in that place, or a depth is out of range or given twice; before
        anything is written.

    Examples
    --------
    >>> from noisescaling import datasets, sweep
    >>> cells = datasets.simulate_cells(n_cells=50, n_genes=20, umis_per_cell=50)
    >>> path = datasets.write_h5ad(cells, "cells.h5ad")
    >>> len(sweep.export_depths(path, [10, 30], "thinned"))
    2
    """
    import anndata

    whole("seed", seed, at_least=0)
    levels = positive("depths", depths).tolist()
    names = [f"{level:.12g}" for level in levels]
    if len(set(names)) < len(names):
        raise ValueError(f"depths = {', '.join(names)} holds one twice; give each once")
    adata = _read(source)
    places = {"X": adata.X, **adata.layers} | ({"raw": adata.raw.X} if adata.raw else {})
    counts = check_counts(places[choice("layer", layer, places)])
    for level in levels:
        capture_probability(counts, level)
    digest = Digest()
    digest.add_counts(counts)
    told = {"seed": seed, "n_cells": adata.n_obs, "checksum": digest.hexdigest()[:20]}
    stem = Path(source).stem if isinstance(source, str | os.PathLike) else "cells"
    target = Path(folder).expanduser()
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for level, name in zip(levels, names, strict=True):
        rng = np.random.default_rng([seed, int(np.float64(level).view(np.uint64))])
        made = anndata.AnnData(
            downsample(counts, level, rng).astype(np.float32),
            obs=adata.obs,
            var=adata.raw.var if layer == "raw" else adata.var,
            uns={_UNS: {"umis_per_cell": level, **told}},
        )
        written.append(target / f"{stem}-{name}.h5ad")
        made.write_h5ad(written[-1])
    return written


@threads(1)
def from_embeddings(
    embeddings: Mapping[float, Any] | Iterable[Any],
    *,
    signal: str | ArrayLike,
    use_rep: str | None = None,
    kind: Literal["auto", "label", "continuous"] = "auto",
    dataset: str = "embeddings",
    model: str = "",
    signal_name: str = "signal",
    modality: str = "single cells",
    unit: str = "UMIs per cell",
    n_samples: int | None = None,
    held_out: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the information, in bits, of embeddings that were computed elsewhere.

    Observations are matched by name (`obs_names`, the index of a DataFrame), or by place in plain
    arrays. All qualities are measured on the observations that all of them have; a row's message
    tells how many the program dropped.

    Parameters
    ----------
    embeddings
        By quality: an AnnData, the path of an h5ad file, a DataFrame, or an array of shape (n, d).
        Of files that `export_depths` wrote a list will do: their quality and seed stand in them.
    signal
        A column of `obs`; or values, shape (n,) or (n, k), a Series or DataFrame where observations
        have names. What is missing is left out.
    use_rep
        Which matrix of `obsm` is the embedding, such as "X_scGPT"; X where None.
    kind
        Whether the signal is labels or numbers; "auto" goes by the rule of the metric.
    dataset, model, signal_name
        What the table calls them; the model `use_rep`, and a signal of `obs` its column, by itself.
    modality, unit
        What was observed, and the unit of the qualities.
    n_samples
        Observations that the model has learned from; those measured where None.
    held_out
        Whether the model has learned from none of the observations measured.
    seed
        Of the metric, and of the table where the files name none.

    Returns
    -------
    The tidy table, one row a quality. A quality whose estimate fails is a row with its message.

    Raises
    ------
    ValueError
        If files are of different data, observations are named twice or none is in all of them, or
        a matrix or column is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import sweep
    >>> truth, error = np.random.default_rng(0).standard_normal((2, 300, 2))
    >>> embeddings = {1: truth + error, 100: truth + 0.1 * error}  # by quality
    >>> points = sweep.from_embeddings(embeddings, signal=truth[:, 0] > 0)
    >>> bool(points["bits"].is_monotonic_increasing)
    True
    """
    given = (
        embeddings.items() if isinstance(embeddings, Mapping) else [(None, e) for e in embeddings]
    )
    found = [_embedded(quality, one, use_rep, seed) for quality, one in given]
    common = _common(found)
    name = signal if isinstance(signal, str) else signal_name
    known = _signal(name, _values(found, signal, common), kind)
    same = {
        "dataset": dataset, "modality": modality, "signal": name, "held_out": held_out,
        "model": model or use_rep or "embedding", "n_samples": n_samples or len(common),
        "n_measured": len(known.rows), "quality_unit": unit, "seconds": 0.0,
    }  # fmt: skip
    rows = []
    for one in sorted(found, key=lambda one: (one.quality, one.seed)):
        told = estimate([(known, np.asarray(one.frame.loc[common]))], one.seed)
        if told["status"] == "ok":
            told["message"] = one.dropped(found, len(common))
        by = f"{versions()}; embeddings of {one.checksum or 'data without a checksum'}"
        rows.append(same | told | {"quality": one.quality, "seed": one.seed, "provenance": by})
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Embedded:
    """One embedding: rows by the name of their observation, and what is known of these."""

    quality: float
    seed: int
    frame: pd.DataFrame
    obs: pd.DataFrame
    told: Mapping[str, Any]

    @property
    def checksum(self) -> str:
        return str(self.told.get("checksum", ""))

    def dropped(self, others: "Sequence[_Embedded]", n_common: int) -> str:
        """Tell how many observations the program dropped, as far as known, and what is left."""
        names = set().union(*(one.frame.index for one in others))
        n = int(self.told.get("n_cells", len(names)))
        if n == n_common:
            return ""
        return (
            f"{n - len(self.frame)} of {n} dropped by the program; measured on the {n_common} that "
            "all qualities have"
        )


def _embedded(quality: float | None, given: Any, use_rep: str | None, seed: int) -> _Embedded:
    told: Mapping[str, Any] = {}
    obs = pd.DataFrame()
    if isinstance(given, str | os.PathLike) or hasattr(given, "obsm"):
        adata = _read(given)
        told, obs = adata.uns.get(_UNS, {}), adata.obs
        matrix = adata.X if use_rep is None else adata.obsm[choice("use_rep", use_rep, adata.obsm)]
        given = pd.DataFrame(_dense(matrix), index=adata.obs_names)
    frame = given if isinstance(given, pd.DataFrame) else pd.DataFrame(_dense(given))
    twice = int(frame.index.duplicated().sum())
    if twice:
        raise ValueError(f"{twice} of {len(frame)} observations have a name twice; give each one")
    level = told.get("umis_per_cell", quality)
    if level is None:
        raise ValueError("embeddings tell no quality; give a mapping from quality to embedding")
    positive("quality", quality if quality is not None else level)
    if quality is not None and not np.isclose(float(level), float(quality)):
        raise ValueError(f"quality = {quality:g}, and its file was thinned to {float(level):g}")
    return _Embedded(float(level), int(told.get("seed", seed)), frame, obs, told)


def _common(found: Sequence[_Embedded]) -> "pd.Index[Any]":
    """Return the names of the observations that all embeddings have, sorted."""
    if not found:
        raise ValueError("embeddings is empty; give one for each quality")
    known = [(one.quality, one.seed) for one in found]
    for quality, seed in known:
        if known.count((quality, seed)) > 1:
            raise ValueError(f"quality = {quality:g} with seed {seed} is given twice; give it once")
    sums = {one.checksum for one in found if one.checksum}
    if len(sums) > 1:
        raise ValueError(f"embeddings are of {len(sums)} different data sets; give those of one")
    common = found[0].frame.index
    for one in found:
        common = common[common.isin(one.frame.index)]
    if common.empty:
        raise ValueError("embeddings have no observation in common; keep their names as they were")
    return common.sort_values()  # so that the order of files and rows changes nothing


def _values(
    found: Sequence[_Embedded], signal: str | ArrayLike, common: "pd.Index[Any]"
) -> pd.DataFrame:
    """Return the signal of the observations that all embeddings have."""
    if isinstance(signal, str):
        obs = next((one.obs for one in found if signal in one.obs), found[0].obs)
        return obs[[choice("signal", signal, obs.columns)]].loc[common]
    named = isinstance(signal, pd.Series | pd.DataFrame)
    values = pd.DataFrame(signal if named else np.asarray(signal))
    lacking = len(common.difference(values.index))
    if lacking or not (named or len(values) == len(found[0].frame)):
        raise ValueError(
            f"signal has {len(values)} rows and lacks {lacking} of the {len(common)} observations; "
            "give one row for each, as a Series or DataFrame where they have names"
        )
    return values.loc[common]


def _signal(
    name: str, values: pd.DataFrame, kind: Literal["auto", "label", "continuous"]
) -> Signal:
    """Return the signal of the rows that carry it."""
    numeric = all(pd.api.types.is_numeric_dtype(dtype) for dtype in values.dtypes)
    dates = any(dtype.kind in "mM" for dtype in values.dtypes)
    if not numeric and (dates or kind == "continuous" or values.shape[1] > 1):
        what = "dates" if dates else "text"
        raise ValueError(f"signal {name!r} holds {what}; give one column of labels, or numbers")
    labels = kind == "label" or not numeric
    missing = are_missing(values.iloc[:, 0]) if labels else values.isna().any(axis=1).to_numpy()
    rows = np.flatnonzero(~missing)
    kept = values.iloc[rows].astype(str if labels else float).to_numpy()
    column = kept[:, 0] if kept.shape[1] == 1 else kept
    return without_lone_labels(Signal(name, rows, column, kind="label" if labels else kind))


def _dense(matrix: Any) -> NDArray[np.float64]:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, dtype=float)


def _read(source: Any) -> Any:
    """Return an AnnData, read where a file is named."""
    import anndata

    if not isinstance(source, str | os.PathLike):
        return source
    path = Path(source).expanduser()
    with opened(path):  # which refuses what is no h5ad file, or takes data from other files
        return anndata.read_h5ad(path)
