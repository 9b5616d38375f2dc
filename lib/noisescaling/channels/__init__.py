"""Gaussian channels behind the laws: closed forms, and samplers that check them."""

from noisescaling.channels.counts import (
    CountReadout,
    Technique,
    lognormal_cells,
    observe,
    readout_snr,
)
from noisescaling.channels.gaussian import (
    attenuated,
    correlation_information,
    gaussian_information,
    sample_information,
)
from noisescaling.channels.images import pixelation_error, smooth_fields
from noisescaling.channels.learned import (
    learned_correlation,
    simulate_direction,
    simulate_subspace,
    subspace_correlation,
)
from noisescaling.channels.parallel import ParallelChannels, parallel_channels
from noisescaling.channels.replicate import (
    half_reliability,
    reliability_from_bits,
    replicate_bits,
    simulate_halves,
    spearman_brown,
)

__all__ = [
    "CountReadout",
    "ParallelChannels",
    "Technique",
    "attenuated",
    "correlation_information",
    "gaussian_information",
    "half_reliability",
    "learned_correlation",
    "lognormal_cells",
    "observe",
    "parallel_channels",
    "pixelation_error",
    "readout_snr",
    "reliability_from_bits",
    "replicate_bits",
    "sample_information",
    "simulate_direction",
    "simulate_halves",
    "simulate_subspace",
    "smooth_fields",
    "spearman_brown",
    "subspace_correlation",
]
