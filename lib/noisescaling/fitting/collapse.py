"""One curve for all: points of different models and data sets brought onto the same axes."""

import numpy as np
from numpy.typing import ArrayLike

from noisescaling._checks import finite, positive
from noisescaling.fitting.law import FloatArray


def collapse(
    u: ArrayLike, bits: ArrayLike, u_bar: ArrayLike, i_max: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Bring points onto the axes on which the noise law is y = x/(1 + x).

    x = u/u_bar,    y = (2^(2 I) - 1) / (2^(2 I_max) - 1)

    Parameters
    ----------
    u, bits
        Quality and information (bits) of the points, any shapes that broadcast.
    u_bar, i_max
        Parameters of each point's own curve.

    Returns
    -------
    x, y
        Quality in units of the noise sensitivity, and the share of the channel's full
        signal-to-noise ratio that is reached.

    Raises
    ------
    ValueError
        If a value is not finite, or one but `bits` is not above 0.
    """
    x = positive("u", u) / positive("u_bar", u_bar)
    bits, i_max = finite("bits", bits), positive("i_max", i_max)
    # expm1 keeps the digits of curves that carry almost no information.
    y = np.expm1(2 * np.log(2) * bits) / np.expm1(2 * np.log(2) * i_max)
    return x, np.asarray(y)
