"""The information surface: bits as a function of cells and depth, with draws of its uncertainty."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisescaling._checks import finite, positive, whole
from noisescaling.fitting import JOINT, Law, LawFit, PointError
from noisescaling.fitting.forecast import Posterior, doublings_beyond, known_priors

Range = tuple[float, float]

#: A capacity as near the bound of the search is not a measured one.
_MOST_BITS = 0.999 * float(JOINT.outward(JOINT.bounds()[1])[JOINT.names.index("i_max")])


def typical_error(scatter: float | None = None) -> PointError:
    """Return the error of a new point under the joint law; `scatter` in bits, else a usual one."""
    prior = known_priors()[JOINT.name]
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
    law
        A law of two inputs, cells and UMIs per cell.
    unknown
        What the fit does not know, in words; empty where it is identified.
    misfit
        How repeats contradict an identified law, in words; else empty.
    error
        Error of a new measured point about the law.
    entropy
        The most bits there can be, that of labels; infinite for other signals.
    """

    values: NDArray[np.float64]
    draws: NDArray[np.float64] = field(repr=False)
    cells_range: Range | None = None
    umis_range: Range | None = None
    law: Law = field(default=JOINT, repr=False)
    unknown: str = ""
    misfit: str = ""
    error: PointError = field(default_factory=typical_error, repr=False)
    entropy: float = np.inf

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.draws)

    def bits(self, n_cells: ArrayLike, umis_per_cell: ArrayLike) -> NDArray[np.float64]:
        """Bits under the best parameters; `n_cells` and `umis_per_cell` broadcast."""
        return self.law.function(n_cells, umis_per_cell, *self.values)

    def drawn_bits(self, n_cells: ArrayLike, umis_per_cell: ArrayLike) -> NDArray[np.float64]:
        """Bits under each draw; the arrays' last axis has length n_draws or one."""
        return self.law.function(n_cells, umis_per_cell, *self.draws.T)

    def forecast(
        self, n_cells: ArrayLike, umis_per_cell: ArrayLike, level: float = 0.9
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
    """
    if fit.law is not JOINT:
        raise ValueError(
            f"the fit is of {fit.law.name}; a plan needs {JOINT.name}, which fit_joint_law gives"
        )
    cells, umis = ((float(x.min()), float(x.max())) for x in fit.batch.inputs)
    posterior = Posterior(fit)
    draws = posterior.sample(whole("n_draws", n_draws, at_least=0), seed)
    known, entropy = fit.verdict.identified, float(np.ravel(fit.batch.entropy)[0])
    return Surface(
        np.array(list(fit.parameters.values())),
        draws,
        cells,
        umis,
        fit.law,
        unknown=open_questions(fit.parameters, "" if known else fit.reason, cells, entropy),
        misfit=fit.reason if known else "",
        error=posterior.point,
        entropy=entropy,
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
    law: Law = JOINT,
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
    n_draws, seed, law
        As for `surface_of_fit`.

    Raises
    ------
    ValueError
        If a parameter is missing, unknown, not finite or not above 0, or an error is negative.
    """
    values = np.array([_named(parameters, name, law) for name in law.names])
    unknown = [*set(parameters) - set(law.names), *set(standard_errors or ()) - set(law.names)]
    if unknown:
        raise ValueError(
            f"{unknown[0]} is not a parameter of {law.name}; it has {', '.join(law.names)}"
        )
    errors = np.array([float((standard_errors or {}).get(name, 0.0)) for name in law.names])
    if finite("standard_errors", errors).min() < 0:
        raise ValueError(f"standard_errors holds {errors.min():g}; give at least 0")
    draws = np.empty((0, len(values)))
    if errors.any():
        normals = standard_normals(whole("n_draws", n_draws, at_least=0), seed, len(values))
        draws = np.clip(values * np.exp(normals * errors / values), 1e-15, 1e15)
    return Surface(values, draws, cells_range, umis_range, law)


def standard_normals(n_draws: int, seed: int = 0, n_parameters: int = 5) -> NDArray[np.float64]:
    """Standard normal numbers of shape (n_draws, n_parameters), the same here and on the page."""
    return np.random.default_rng(seed).standard_normal((n_draws, n_parameters))


def named_numbers(name: str, text: str) -> dict[str, float]:
    """Read numbers by name from text such as "i_max=4, s=0.5"; empty text holds none.

    Raises
    ------
    ValueError
        If a part is not a name, an equals sign and a number.
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


def _named(parameters: Mapping[str, float], name: str, law: Law) -> float:
    if name not in parameters:
        raise ValueError(f"{name} is missing; {law.name} has {', '.join(law.names)}")
    return float(positive(name, parameters[name]))
