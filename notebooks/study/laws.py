"""Laws that only the study compares: rivals of the joint law, and the noise law told otherwise."""

import numpy as np

from noisescaling._checks import positive
from noisescaling.fitting import Law, capacity, cell_law, joint_law, law, noise_law, number, scale
from noisescaling.fitting.laws import Array, bits_at_noise


@law("u", u_snr=scale(-0.5, 0, 0.3, 0.6, upper=1e12), i_max=capacity(1, 1.3, 2), steepest=0.5)
def noise_law_of_snr(u: Array, u_snr: Array, i_max: Array) -> Array:
    r"""Information in bits by the noise law, told by the quality at which signal equals noise.

    I(u) = noise_law(u, 2^(2 I_max) u_snr, I_max)
    """
    return noise_law.function(u, u_snr * np.exp2(2 * i_max), i_max)


@law(
    "u", u_95=scale(0.5, 0.9, 1.3, 1.8, upper=1e16), steepest=0.5,
    i_max=capacity(0.9, 1.2, 2, lower=0.0745, above=0.1),
)  # fmt: skip
def noise_law_of_u95(u: Array, u_95: Array, i_max: Array) -> Array:
    r"""Information in bits by the noise law, told by the quality u_95 where I = I_max + log2(q).

    I(u) = noise_law(u, u_95 (1 - q^2) / (q^2 - 2^(-2 I_max)), I_max),  q = 0.95

    I_max is above -log2(0.95) = 0.074 bits: of less, any quality will do.
    """
    square = 0.95**2
    left = positive("q^2 - 2^(-2 i_max)", square - np.exp2(-2 * i_max))
    return noise_law.function(u, u_95 * (1 - square) / left, i_max)


@law("n", "u", **joint_law.parameters)
def single_joint_law(
    n: Array, u: Array, i_max: Array, u_snr: Array, n0: Array, s: Array, u1: Array
) -> Array:
    r"""Information in bits of the joint law in which noise multiplies learning's error only once.

    rho^2 = rho_max^2 / [1 + u_snr/u + (n0/N)^s (1 + u1/u)]
    """
    return bits_at_noise(u_snr / u + (n0 / n) ** s * (1 + u1 / u), i_max)


@law("n", "u", **joint_law.parameters)
def spectrum_joint_law(
    n: Array, u: Array, i_max: Array, u_snr: Array, n0: Array, s: Array, u1: Array
) -> Array:
    r"""Information in bits if a spectrum of directions is learned, reading and learning factorise.

    rho^2 = rho_max^2 / {(1 + u_snr/u) (1 + [(n0/N) (1 + u1/u)^2]^s)}
    """
    cells = n0 / n * np.square(1 + u1 / u)
    return bits_at_noise((1 + u_snr / u) * (1 + cells**s) - 1, i_max)


@law("n", "u", u_bar=scale(0.3, 0.6, 1), **cell_law.parameters)
def cell_capacity_law(n: Array, u: Array, u_bar: Array, n0: Array, s: Array, i_inf: Array) -> Array:
    r"""Information in bits of the noise law whose capacity is the cell law.

    I(N, u) = noise_law(u, u_bar, cell_law(N, n0, s, I_inf))
    """
    return noise_law.function(u, u_bar, np.maximum(cell_law.function(n, n0, s, i_inf), 1e-9))


@law(
    "n", "u", i_max=capacity(1, 1.5, 2.5, upper=30), u0=scale(-0.2, 0.3, upper=1e9),
    a=number(0.2, 0.5), n0=scale(-0.2, 0.3, of="n", upper=1e12), s=number(0.2, 0.5),
)  # fmt: skip
def sum_of_powers_law(
    n: Array, u: Array, i_max: Array, u0: Array, a: Array, n0: Array, s: Array
) -> Array:
    r"""Information in bits that falls short by a power of quality and a power of cells.

    I(N, u) = I_max - (u0/u)^a - (n0/N)^s
    """
    return np.asarray(i_max - (u0 / u) ** a - (n0 / n) ** s)


#: Laws of cells and quality, by name.
JOINT_LAWS: dict[str, Law] = {
    one.name: one
    for one in (
        joint_law, spectrum_joint_law, single_joint_law, cell_capacity_law, sum_of_powers_law,
    )
}  # fmt: skip
