"""From the pieces of one curve on both sides to ratios."""

from dataclasses import dataclass

import pandas as pd
from benchmarks.pipeline.setting import DEPTHS, MODELS
from benchmarks.timing import Ratio, ratio_of


@dataclass(frozen=True)
class Comparison:
    """What of the pipeline is compared.

    Attributes
    ----------
    name
        What tables call it.
    settings
        Of the peer's trained models: "published", or "small" as ours.
    pieces
        The pieces that count.
    """

    name: str
    settings: str
    pieces: tuple[str, ...]


_ALL = ("thinning", *MODELS, "metric")
COMPARISONS = (
    Comparison("one curve, peer as published (at least)", "published", _ALL),
    Comparison("one curve, same model settings", "small", _ALL),
    Comparison("one curve, same settings, without the metric", "small", _ALL[:-1]),
    Comparison("RankTransformer, same settings", "small", ("RankTransformer",)),
    Comparison("SCVI, same settings", "small", ("SCVI",)),
)


def curve_ratio(pieces: pd.DataFrame, comparison: Comparison) -> Ratio:
    """Return seconds of a curve and the ratio over the depths at which both were measured.

    Parameters
    ----------
    pieces
        The table of `benchmarks.pipeline`, one row a piece. latentmi's one call counts at each
        depth.
    comparison
        What counts.
    """
    chosen = pieces[pieces["piece"].isin(comparison.pieces)]
    ours = chosen[chosen["side"] == "ours"].groupby("depth")["seconds"].sum()
    theirs = chosen[(chosen["side"] == "peer")]
    theirs = theirs[theirs["settings"].isin(["both", comparison.settings])]
    metric = theirs[theirs["piece"] == "metric"]["seconds"].sum()
    per_depth = theirs[theirs["piece"] != "metric"].groupby("depth")["seconds"].sum() + metric
    paired = ratio_of(ours[per_depth.index].tolist(), per_depth.tolist())
    n = len(DEPTHS)
    return Ratio(
        n * ours.mean(), n * per_depth.mean(), paired.ratio, paired.low, paired.high, paired.repeats
    )


def extrapolated_share(pieces: pd.DataFrame, comparison: Comparison) -> float:
    """Return the share of the peer's seconds that is extrapolated, not measured, from 0 to 1."""
    theirs = pieces[(pieces["side"] == "peer") & pieces["piece"].isin(comparison.pieces)]
    theirs = theirs[theirs["settings"].isin(["both", comparison.settings])]
    n_depths = theirs.loc[theirs["piece"] != "metric", "depth"].nunique()
    weights = theirs["piece"].map(lambda piece: n_depths if piece == "metric" else 1)
    total = (theirs["seconds"] * weights).sum()
    return float(1 - theirs["measured"].sum() / total)
