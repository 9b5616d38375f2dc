"""Measurement noise as pure functions of clean data, a level and a random generator."""

from noisescaling.noise.counts import check_counts, downsample, split

__all__ = ["check_counts", "downsample", "split"]
