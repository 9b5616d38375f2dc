"""What a budget buys: the best cells and depth under a law, with the fit's uncertainty."""

from noisescaling.planning.costs import Costs, Library, fit_complexity
from noisescaling.planning.needed import NeededQuality, needed_quality, needed_table
from noisescaling.planning.optimum import Limits, measured_limits
from noisescaling.planning.plan import (
    Design,
    Extrapolation,
    MarginalValue,
    Plan,
    ProjectedGain,
    cheapest,
    marginal_value,
    plan,
    projected_gain,
    report,
)
from noisescaling.planning.surface import (
    Surface,
    named_numbers,
    surface_of_fit,
    surface_of_parameters,
    surface_of_points,
)

__all__ = [
    "Costs",
    "Design",
    "Extrapolation",
    "Library",
    "Limits",
    "MarginalValue",
    "NeededQuality",
    "Plan",
    "ProjectedGain",
    "Surface",
    "cheapest",
    "fit_complexity",
    "marginal_value",
    "measured_limits",
    "named_numbers",
    "needed_quality",
    "needed_table",
    "plan",
    "projected_gain",
    "report",
    "surface_of_fit",
    "surface_of_parameters",
    "surface_of_points",
]
