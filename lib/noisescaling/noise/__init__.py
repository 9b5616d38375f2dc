"""Measurement noise as pure functions of clean data, a level and a random generator."""

from noisescaling._counts import check_counts
from noisescaling.noise.counts import downsample, split

__all__ = ["check_counts", "downsample", "split"]
