"""What a budget buys: the best cells and depth under a law, with the fit's uncertainty."""

from noisescaling.planning.complexity import fit_complexity
from noisescaling.planning.costs import Costs, Library
from noisescaling.planning.gain import (
    MarginalValue,
    ProjectedGain,
    marginal_value,
    projected_gain,
)
from noisescaling.planning.optimum import Limits, measured_limits
from noisescaling.planning.plan import cheapest, plan
from noisescaling.planning.points import surface_of_points
from noisescaling.planning.posterior import draw_parameters
from noisescaling.planning.result import Design, Extrapolation, Plan
from noisescaling.planning.surface import (
    Surface,
    named_numbers,
    surface_of_fit,
    surface_of_parameters,
)

__all__ = [
    "Costs",
    "Design",
    "Extrapolation",
    "Library",
    "Limits",
    "MarginalValue",
    "Plan",
    "ProjectedGain",
    "Surface",
    "cheapest",
    "draw_parameters",
    "fit_complexity",
    "marginal_value",
    "measured_limits",
    "named_numbers",
    "plan",
    "projected_gain",
    "surface_of_fit",
    "surface_of_parameters",
    "surface_of_points",
]
