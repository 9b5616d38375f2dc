"""Published rules for a sequencing budget beside the planner, in bits of the joint law."""

import pandas as pd

from noisescaling.planning import Costs, Surface, plan
from study.labels import named

#: Reads per cell that published rules advise: one a gene, of 20,000 (Zhang et al. 2020, of the
#: genes of interest), and the depth below which depth pays more than cells (Svensson et al. 2019).
RULES: dict[str, float] = {
    "one read a cell a gene (20,000 genes)": 20_000,
    "15,000 reads a cell": 15_000,
}
#: Designs: data set, model and signal of the published study.
DESIGNS: tuple[tuple[str, str, str], ...] = (
    ("PBMC", "SCVI", "protein_counts"),
    ("larry", "SCVI", "clone"),
    ("shendure", "SCVI", "author_day"),
)


def beside_planner(
    surfaces: dict[tuple[str, str, str], Surface], costs: Costs, budget: float
) -> pd.DataFrame:
    """Return what each rule and the planner's design carry for the same money, in bits.

    Parameters
    ----------
    surfaces
        Joint laws by data set, model and signal.
    costs
        Prices, by the read.
    budget
        Money to spend.

    Returns
    -------
    One row a design and rule: reads per cell, cells, UMIs per cell, bits, low and high (90 %
    interval of a new measurement), and less (bits that the rule loses against the planner).
    """
    rows = []
    for key, surface in surfaces.items():
        best = plan(surface, costs, budget).design
        told = {"planner": (best.n_cells, best.umis_per_cell)}
        for rule, reads in RULES.items():
            umis = _umis(costs, reads)
            told[rule] = (float(budget / costs.one_cell(umis)), umis)
        for rule, (cells, umis) in told.items():
            low, high = surface.forecast(cells, umis)
            bits = float(surface.bits(cells, umis))
            rows.append(
                {"design": named(key[0], key[2]), "rule": rule,
                 "reads per cell": costs.reads_per_cell(umis), "cells": cells,
                 "UMIs per cell": umis, "bits": bits, "low": low, "high": high,
                 "less": best.bits - bits}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _umis(costs: Costs, reads: float) -> float:
    if costs.library is None:
        raise ValueError("costs = prices by the UMI; published rules count reads: give per_read")
    return float(costs.library.umis(reads))
