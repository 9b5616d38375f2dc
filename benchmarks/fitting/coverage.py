"""How often 95 % intervals hold the truth, over designs that differ in one thing each.

`python -m benchmarks.fitting.coverage` takes about half a minute on one core.
"""

import pandas as pd

from noisescaling.fitting.coverage import Design, measure_coverage
from noisescaling.paths import RESULTS

TABLE = RESULTS / "law_coverage.csv"
N_CURVES = 4000

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
