"""Mutual information in bits between a representation and a signal."""

from noisescaling.metric._estimate import mutual_information, mutual_informations
from noisescaling.metric._result import Diagnostics, MutualInformation
from noisescaling.metric.replicate import Embedder, replicate_information

__all__ = [
    "Diagnostics",
    "Embedder",
    "MutualInformation",
    "mutual_information",
    "mutual_informations",
    "replicate_information",
]
