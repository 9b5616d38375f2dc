import numpy as np
import pytest

from noisescaling.channels import ParallelChannels, gaussian_information, parallel_channels
from noisescaling.fitting import noise_law


def random_covariances(
    seed: int, d: int = 5, n_signals: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clean covariance, its part that a signal leaves open, and the noise at u = 1."""
    rng = np.random.default_rng(seed)
    mixing, noise = rng.normal(size=(2, d, d))
    loadings = rng.normal(size=(d, n_signals))
    unexplained = mixing @ mixing.T + 0.1 * np.eye(d)
    return unexplained + loadings @ loadings.T, unexplained, noise @ noise.T + 0.1 * np.eye(d)


@pytest.mark.parametrize("seed", range(3))
def test_channels_sum_to_the_log_determinants(seed: int) -> None:
    clean, unexplained, noise = random_covariances(seed)
    loadings = np.linalg.cholesky(clean - unexplained + 1e-12 * np.eye(5))
    channels = parallel_channels(clean, unexplained, noise)
    for u in (0.01, 1.0, 300.0):
        joint = np.block([[clean + noise / u, loadings], [loadings.T, np.eye(5)]])
        assert float(channels.information(u)) == pytest.approx(
            gaussian_information(joint, 5), abs=1e-4
        )


def test_one_channel_is_the_noise_law() -> None:
    u, u_bar, i_max = np.geomspace(0.1, 1e4, 20), 30.0, 2.5
    one = ParallelChannels(np.array([2 ** (2 * i_max) / u_bar]), np.array([1 / u_bar]))
    assert one.capacity == pytest.approx(i_max)
    assert one.information(u) == pytest.approx(noise_law(u, u_bar, i_max), abs=1e-10)


def test_ladder_of_channels_is_one_channel_of_the_summed_capacity() -> None:
    edges = np.array([1.0, 0.2, 0.01, 0.003])
    ladder = ParallelChannels(edges[:-1], edges[1:])
    u = np.geomspace(0.1, 1e5, 20)
    total = 0.5 * np.log2(edges[0] / edges[-1])
    assert ladder.capacity == pytest.approx(total)
    assert ladder.information(u) == pytest.approx(noise_law(u, 1 / edges[-1], total), abs=1e-10)


def test_slope_is_the_derivative_and_at_most_half_a_bit_a_channel() -> None:
    channels = ParallelChannels(np.array([5.0, 1.0, 1.0]), np.array([0.0, 1e-6, 1e-5]))
    u = np.geomspace(1e-3, 1e4, 40)
    step = 2.0**0.001
    numeric = (channels.information(u * step) - channels.information(u / step)) / 0.002
    assert channels.slope(u) == pytest.approx(numeric, abs=1e-6)
    assert 1.0 < channels.slope(u).max() < 1.5
    assert channels.capacity == np.inf


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ParallelChannels(np.ones(2), 2 * np.ones(2)), "falling runs from 2 to 2"),
        (lambda: ParallelChannels(np.ones(2), np.ones(3)), "rising has 2 rows and falling has 3"),
        (lambda: parallel_channels(np.eye(2), 2 * np.eye(2), np.eye(2)), "exceeds clean by 1 "),
        (lambda: ParallelChannels(np.ones(1), np.ones(1)).information(0), "u holds 0; every"),
    ],
)
def test_bad_input_is_told_with_its_numbers(call, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=text):
        call()


@pytest.mark.parametrize("n_signals", [1, 2])
def test_slope_is_at_most_half_a_bit_a_dimension_of_the_signal(n_signals: int) -> None:
    u = np.geomspace(1e-3, 1e4, 60)
    for seed in range(30):
        clean, unexplained, noise = random_covariances(seed, n_signals=n_signals)
        channels = parallel_channels(clean, unexplained, noise)
        assert channels.slope(u).max() <= n_signals / 2
        later = channels.rising[n_signals:]
        assert (channels.falling[: len(later)] >= later * (1 - 1e-9)).all()
