"""The information surface: bits as a function of cells and depth, with draws of its uncertainty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from noisescaling._checks import choice, finite, positive, whole
from noisescaling.fitting import LawFit, PointError, fit_joint_law, joint_law
from noisescaling.fitting.forecast import Posterior, doublings_beyond, known_priors
from noisescaling.fitting.laws import Array
from noisescaling.fitting.tables import frame_points

Range = tuple[float, float]

_UNIT = "UMIs per cell"

#: A capacity as near the bound of the search is not a measured one.
_MOST_BITS = 0.999 * float(joint_law.outward(joint_law.bounds()[1])[joint_law.names.index("i_max")])


def typical_error(scatter: float | None = None) -> PointError:
    """Return the error of a new point under the joint law; `scatter` in bits, else a usual one."""
    prior = known_priors()[joint_law.name]
    return PointError(prior.scatter if scatter is None else scatter, prior.misfit, prior.growth)


@dataclass(frozen=True, eq=False)
class Surface:
    """Bits of N cells at u UMIs each: a joint law with its best parameters and draws of them.

    Parameters
    ----------
    values
        Best value of each of the law's parameters, in the law's order, shape (n_parameters,).
    draws
        Draws of the parameters that carry the fit's uncertainty, shape (n_draws, n_parameters);
        none at all where the uncertainty is not known.
    cells_range, umis_range
        Least and most that was measured; None where nothing was.
    unknown
        What the fit does not know, in words; empty where it is identified.
    misfit
        How repeats contradict an identified law, in words; else empty.
    error
        Error of a new measured point about the law.
    entropy
        The most bits there can be, that of labels; infinite for other signals.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law)
    >>> surface.bits(1000, [10, 100, 1000]).round(2)
    array([0.39, 1.07, 1.34])
    """

    values: Array
    draws: Array = field(repr=False)
    cells_range: Range | None = None
    umis_range: Range | None = None
    unknown: str = ""
    misfit: str = ""
    error: PointError = field(default_factory=typical_error, repr=False)
    entropy: float = np.inf

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.draws)

    def bits(self, n_cells: ArrayLike, umis_per_cell: ArrayLike) -> Array:
        """Bits under the best parameters; `n_cells` and `umis_per_cell` broadcast."""
        return joint_law.function(n_cells, umis_per_cell, *self.values)

    def drawn_bits(self, n_cells: ArrayLike, umis_per_cell: ArrayLike) -> Array:
        """Bits under each draw; the arrays' last axis has length n_draws or one."""
        return joint_law.function(n_cells, umis_per_cell, *self.draws.T)

    def forecast(
        self, n_cells: ArrayLike, umis_per_cell: ArrayLike, level: float = 0.9
    ) -> tuple[Array, Array]:
        """Ends of the interval of a new measured point, in bits.

        As `noisescaling.fitting.forecast`: the interval holds the spread of the draws, the scatter
        of points and the law's misfit, which grows beyond the measured range.
        """
        n, u = np.broadcast_arrays(np.asarray(n_cells, float), np.asarray(umis_per_cell, float))
        bits = self.bits(n, u)
        variance = np.square(self.drawn_bits(n[..., None], u[..., None]) - bits[..., None])
        asked = ((n, self.cells_range), (u, self.umis_range))
        beyond = sum((doublings_beyond(x, known) for x, known in asked if known), np.zeros(n.shape))
        half = self.error.half_width(variance.mean(axis=-1), beyond, level)
        return np.maximum(bits - half, 0.0), np.minimum(bits + half, self.entropy)


def surface_of_fit(fit: LawFit, *, n_draws: int = 200, seed: int = 0) -> Surface:
    """Surface of a fitted joint law, with the draws of the forecast: they hold the law's misfit.

    Parameters
    ----------
    fit
        Fit of the joint law of cells and UMIs per cell.
    n_draws
        Number of draws; 0 for a plan without intervals.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If the fit is of another law, or `n_draws` is less than 0.

    Examples
    --------
    >>> import numpy as np
    >>> from noisescaling import fitting, planning
    >>> n, u = (a.ravel() for a in np.meshgrid([100, 1000, 10_000], [10, 100, 1000]))
    >>> fit = fitting.fit_joint_law(n, u, fitting.joint_law(n, u, 2, 10, 100, 1, 5))
    >>> planning.surface_of_fit(fit, n_draws=50).umis_range
    (10.0, 1000.0)
    """
    if fit.law is not joint_law:
        raise ValueError(
            f"the fit is of {fit.law}; a plan needs joint_law, which fit_joint_law gives"
        )
    cells, umis = ((float(x.min()), float(x.max())) for x in fit.batch.inputs)
    posterior = Posterior(fit)
    draws = posterior.sample(whole("n_draws", n_draws, at_least=0), whole("seed", seed, at_least=0))
    known = fit.verdict.identified
    return Surface(
        np.array(list(fit.parameters.values())),
        draws,
        cells,
        umis,
        unknown=open_questions(fit.parameters, "" if known else fit.reason, cells, fit.entropy),
        misfit=fit.reason if known else "",
        error=posterior.point,
        entropy=fit.entropy,
    )


def open_questions(
    parameters: Mapping[str, float], reason: str, cells: Range, entropy: float = np.inf
) -> str:
    """Say in words what a fit of the joint law does not know; empty if a plan may rest on it.

    Parameters
    ----------
    parameters
        Best value of each parameter by name.
    reason
        The fit's own reason why it is not identified, empty if it is.
    cells
        Least and most cells that were measured.
    entropy
        Entropy of the labels, in bits, which no capacity exceeds; infinite for other signals.
    """
    n0, i_max = parameters.get("n0", 1.0), parameters.get("i_max", 0.0)
    capacity = f"the capacity, {i_max:.3g} bits, is"
    told = [
        (cells[0] == cells[1], f"only one number of cells, {cells[0]:,.0f}, was measured"),
        (n0 < 1, f"the cell scale, {n0:.2g}, is less than one cell"),
        (i_max > _MOST_BITS, f"{capacity} the bound of the search"),
        (i_max > entropy * (1 + 1e-6), f"{capacity} more than the labels' {entropy:.3g} bits"),
        (bool(reason), reason),
    ]
    return "; ".join(text for holds, text in told if holds)


def surface_of_parameters(
    parameters: Mapping[str, float],
    standard_errors: Mapping[str, float] | None = None,
    *,
    cells_range: Range | None = None,
    umis_range: Range | None = None,
    n_draws: int = 200,
    seed: int = 0,
) -> Surface:
    """Surface of typed-in parameters of the joint law.

    Parameters
    ----------
    parameters
        Value of each parameter by name, above 0.
    standard_errors
        Standard error of some of them, in the parameter's unit, taken as independent: the draws
        are log-normal with relative spread error/value. Without any there are no intervals.
    cells_range, umis_range
        Least and most cells, and UMIs per cell, that the parameters rest on.
    n_draws, seed
        As for `surface_of_fit`.

    Raises
    ------
    ValueError
        If a parameter is missing, unknown, not finite or not above 0, or an error is negative.

    Examples
    --------
    >>> from noisescaling import planning
    >>> law = {"i_max": 2, "u_snr": 10, "n0": 100, "s": 1, "u1": 5}
    >>> surface = planning.surface_of_parameters(law, standard_errors={"i_max": 0.1})
    >>> surface.n_draws
    200
    """
    names, given = joint_law.names, standard_errors or {}
    for name in names:
        if name not in parameters:
            raise ValueError(f"{name} is missing; joint_law has {', '.join(names)}")
    for name in (*parameters, *given):
        choice("parameter", name, names)
    values = np.array([float(positive(name, parameters[name])) for name in names])
    errors = finite("standard_errors", [given.get(name, 0.0) for name in names])
    if errors.min() < 0:
        raise ValueError(f"standard_errors holds {errors.min():g}; give at least 0")
    draws = np.empty((0, len(values)))
    if errors.any():
        normals = standard_normals(whole("n_draws", n_draws, at_least=0), seed)
        draws = np.clip(values * np.exp(normals * errors / values), 1e-15, 1e15)
    return Surface(values, draws, cells_range, umis_range)


def surface_of_points(
    points: pd.DataFrame | str | Path,
    *,
    dataset: str = "",
    model: str = "",
    signal: str = "",
    entropy: float | None = None,
    n_draws: int = 200,
    seed: int = 0,
) -> Surface:
    """Surface of the joint law fitted to measured points of one data set, model and signal.

    Parameters
    ----------
    points
        The tidy table, or a CSV file of it: n_samples (cells), quality (UMIs per cell), bits; where
        they are there, dataset, model and signal, which tell grids apart, status and quality_unit.
    dataset, model, signal
        Which grid of the table; empty where there is one.
    entropy
        Entropy of the labels, in bits, for a signal of labels: no capacity exceeds it.
    n_draws, seed
        As for `surface_of_fit`.

    Raises
    ------
    ValueError
        If the file is no such table, holds none or several of the grids asked for, or its points
        do not suffice for a fit.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from noisescaling import fitting, planning
    >>> n, u = (a.ravel() for a in np.meshgrid([100, 1000, 10_000], [10, 100, 1000]))
    >>> bits = fitting.joint_law(n, u, 2, 10, 100, 1, 5)
    >>> points = pd.DataFrame({"n_samples": n, "quality": u, "bits": bits})
    >>> planning.surface_of_points(points, n_draws=0).cells_range
    (100.0, 10000.0)
    """
    wanted = {"dataset": dataset, "model": model, "signal": signal}
    (n, u), bits = frame_points(_one_grid(_good_points(points), wanted), joint_law)
    fit = fit_joint_law(n, u, bits, entropy=entropy)
    return surface_of_fit(fit, n_draws=n_draws, seed=seed)


def _good_points(points: pd.DataFrame | str | Path) -> pd.DataFrame:
    if not isinstance(points, pd.DataFrame):
        try:
            points = pd.read_csv(points)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"points = {str(points)!r} is no table: {str(error).splitlines()[0]}; give a CSV "
                "file with the columns n_samples, quality, bits"
            ) from error
    units = set(points.get("quality_unit", [])) - {_UNIT}
    if units:
        raise ValueError(f"quality_unit = {min(map(str, units))!r}; a plan needs {_UNIT}")
    return points[points["status"] == "ok"] if "status" in points else points


def _one_grid(points: pd.DataFrame, wanted: dict[str, str]) -> pd.DataFrame:
    """Return the rows of the grid that is wanted by name, or of the only one."""
    names = [name for name in wanted if name in points]
    asked = {name: value for name, value in wanted.items() if value}
    if unknown := [name for name in asked if name not in names]:
        raise ValueError(f"points have no column {unknown[0]}; leave {unknown[0]} empty")
    found = points
    for name, value in asked.items():
        found = found[found[name].astype(str) == value]
    if not names or len(found[names].drop_duplicates()) == 1:
        return found
    known = (found if len(found) else points)[names].drop_duplicates()
    told = "; ".join(", ".join(map(str, row)) for row in known.itertuples(index=False))
    raise ValueError(
        f"{', '.join(wanted)} = {', '.join(wanted.values())} is not one grid of the points; "
        f"give one of: {told}"
    )


def interval(draws: Array, level: float) -> Range | None:
    """Central interval of draws, shape (k,), None without any; each end is one of the draws."""
    return central(draws, level) if draws.size else None


def central(draws: Array, level: float) -> Range:
    """Central interval of one or more draws, shape (k,); each end is one of the draws."""
    tails = (0.5 - 0.5 * level, 0.5 + 0.5 * level)
    low, high = np.quantile(draws, tails, method="inverted_cdf")
    return float(low), float(high)


def standard_normals(n_draws: int, seed: int = 0) -> Array:
    """Standard normal numbers of shape (n_draws, n_parameters), the same here and on the page."""
    rng = np.random.default_rng(whole("seed", seed, at_least=0))
    return rng.standard_normal((n_draws, len(joint_law.names)))


def named_numbers(name: str, text: str) -> dict[str, float]:
    """Read numbers by name from text such as "i_max=4, s=0.5"; empty text holds none.

    Raises
    ------
    ValueError
        If a part is not a name, an equals sign and a number.

    Examples
    --------
    >>> from noisescaling import planning
    >>> planning.named_numbers("parameters", "i_max=4, s=0.5")
    {'i_max': 4.0, 's': 0.5}
    """
    found = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key, _, value = part.partition("=")
        try:
            found[key.strip()] = float(value)
        except ValueError:
            raise ValueError(
                f"{name} = {text!r}: {part!r} is no name with a number; give some, such as i_max=4"
            ) from None
    return found
