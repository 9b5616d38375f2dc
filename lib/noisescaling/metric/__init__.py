"""Mutual information in bits between a representation and a signal."""

from noisescaling.metric._estimate import (
    Embedder,
    mutual_information,
    mutual_informations,
    replicate_information,
)
from noisescaling.metric._result import Diagnostics, MutualInformation

#: Part of what a measured point is known by: raise it when drawing, noise or the metric change the
#: values.
FORMAT = 2

__all__ = [
    "FORMAT",
    "Diagnostics",
    "Embedder",
    "MutualInformation",
    "mutual_information",
    "mutual_informations",
    "replicate_information",
]
