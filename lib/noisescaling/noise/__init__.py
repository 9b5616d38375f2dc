"""Measurement noise as pure functions of clean data, a level and a random generator."""

from noisescaling._counts import check_counts
from noisescaling._sequences import check_sequences
from noisescaling.noise.counts import ThinnedBlocks, downsample, downsample_blocks, split
from noisescaling.noise.images import factor_for, gaussian, pixelate, sigma_for
from noisescaling.noise.sequences import error_rate_of, quality_of, substitute

__all__ = [
    "ThinnedBlocks",
    "check_counts",
    "check_sequences",
    "downsample",
    "downsample_blocks",
    "error_rate_of",
    "factor_for",
    "gaussian",
    "pixelate",
    "quality_of",
    "sigma_for",
    "split",
    "substitute",
]
