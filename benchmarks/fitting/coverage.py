"""How often 95 % intervals hold the truth, over designs that differ in one thing each.

`python -m benchmarks.fitting.coverage` takes about half a minute on one core.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import t as students_t

from noisescaling._checks import choice, whole
from noisescaling.fitting.curves import fit_table
from noisescaling.fitting.engine import Batch
from noisescaling.fitting.laws import NOISE
from study.paths import RESULTS

TABLE = RESULTS / "law_coverage.csv"
N_CURVES = 4000


@dataclass(frozen=True)
class Design:
    """One curve to simulate: where it is measured, its truth, and its scatter.

    Parameters
    ----------
    u_bar, i_max
        True parameters of the noise law (i_max in bits).
    u_low, u_high
        Lowest and highest quality measured.
    n_levels, n_seeds
        Levels, evenly spaced in log u, and repeats at each.
    sigma
        Scatter of single points, in bits.
    seed_sigma
        Scatter that all levels of one seed share, in bits.
    tails
        Shape of the scatter: `normal`, or `student` (t with 4 degrees of freedom, same sigma).
    slope
        How the scatter grows with log u: 0 for constant; 1 doubles it over the range.
    """

    u_bar: float = 1000.0
    i_max: float = 2.3
    u_low: float = 10.0
    u_high: float = 8100.0
    n_levels: int = 10
    n_seeds: int = 3
    sigma: float = 0.06
    seed_sigma: float = 0.0
    tails: Literal["normal", "student"] = "normal"
    slope: float = 0.0

    def simulate(self, n_curves: int, rng: np.random.Generator) -> Batch:
        """Draw curves as a batch of `n_curves` rows; the points of one seed are together."""
        choice("tails", self.tails, ("normal", "student"))
        levels = np.geomspace(self.u_low, self.u_high, self.n_levels)
        u = np.tile(levels, self.n_seeds)
        shape = (whole("n_curves", n_curves, at_least=1), self.n_seeds, self.n_levels)
        noise = rng.standard_normal(shape)
        if self.tails == "student":
            noise = rng.standard_t(4, shape) / np.sqrt(2)
        growth = 1 + self.slope * np.linspace(0, 1, self.n_levels)
        scatter = self.sigma * growth * noise
        scatter += self.seed_sigma * rng.standard_normal((n_curves, self.n_seeds, 1))
        bits = NOISE.function(u, self.u_bar, self.i_max) + scatter.reshape(n_curves, -1)
        inputs = np.broadcast_to(u, bits.shape).copy()
        return Batch(NOISE, (inputs,), bits, np.ones(bits.shape))


@dataclass(frozen=True)
class Coverage:
    """Share of simulated curves whose interval holds the truth, for each parameter.

    `profile` is that of the profile-likelihood interval, `wald` that of the estimate plus or
    minus two-sided t standard errors; `bounded` the share of profile intervals with finite ends.
    """

    profile: dict[str, float]
    wald: dict[str, float]
    bounded: dict[str, float]
    n_curves: int

    @property
    def standard_error(self) -> float:
        """Standard error of a coverage of 0.95 from so many curves."""
        return float(np.sqrt(0.95 * 0.05 / self.n_curves))


def measure_coverage(
    design: Design, *, n_curves: int = 1000, level: float = 0.95, seed: int = 0
) -> Coverage:
    """Measure the coverage of the intervals of `fit_curves` and `LawFit` under one design.

    Parameters
    ----------
    design
        The curve to simulate.
    n_curves
        How many times.
    level
        Level of the intervals.
    seed
        Seed of the simulation.
    """
    batch = design.simulate(n_curves, np.random.default_rng(seed))
    fits = fit_table(batch, level)
    width = students_t.ppf(0.5 + level / 2, batch.degrees_of_freedom[0])
    profile, wald, bounded = {}, {}, {}
    for name, truth in (("u_bar", design.u_bar), ("i_max", design.i_max)):
        low, high = fits[f"{name}_low"], fits[f"{name}_high"]
        profile[name] = float(((low <= truth) & (truth <= high)).mean())
        wald[name] = float(((fits[name] - truth).abs() <= width * fits[f"{name}_se"]).mean())
        bounded[name] = float((np.isfinite(low) & np.isfinite(high) & (low > 0)).mean())
    return Coverage(profile, wald, bounded, n_curves)


#: The published designs are like the first; the others change what the name says.
DESIGNS = {
    "ten levels, three seeds": Design(),
    "one seed": Design(n_seeds=1),
    "six levels, one seed": Design(n_levels=6, n_seeds=1),
    "scatter 0.2 bits": Design(sigma=0.2),
    "low capacity (0.3 bits)": Design(i_max=0.3, u_bar=100.0, sigma=0.02),
    "plateau only (from u_bar/2)": Design(u_low=500.0, u_high=80000.0),
    "to 0.5 u_bar": Design(u_high=500.0),
    "to 0.15 u_bar": Design(u_high=150.0),
    "heavy tails (t, 4 df)": Design(tails="student"),
    "scatter doubles with depth": Design(slope=1.0),
    "seeds differ by 0.05 bits": Design(seed_sigma=0.05),
}


def coverage_row(name: str, design: Design) -> dict[str, object]:
    """Coverage of one design as a row of the table."""
    measured = measure_coverage(design, n_curves=N_CURVES, seed=1)
    kinds = {"profile": measured.profile, "wald": measured.wald, "bounded": measured.bounded}
    shares = {f"{kind}_{p}": round(v, 4) for kind, of in kinds.items() for p, v in of.items()}
    return {"design": name, "n_curves": N_CURVES, **shares}


def main() -> None:
    table = pd.DataFrame([coverage_row(name, design) for name, design in DESIGNS.items()])
    table.to_csv(TABLE, index=False)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
