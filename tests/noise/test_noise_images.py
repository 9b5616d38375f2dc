import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from noisescaling.noise.images import check_factor, factor_for, gaussian, pixelate, sigma_for

#: Bytes of a few images of any size, in grey or colour.
stacks = st.tuples(
    st.integers(1, 3), st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])
).flatmap(lambda shape: arrays(np.uint8, shape))


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("sigma", [0.05, 1.0, 100.0])
def test_gaussian_noise_is_independent_normal_with_the_given_spread(rng, sigma):
    images = rng.random((40, 16, 16, 3)).astype(np.float32)
    noise = (gaussian(images, sigma, rng) - images).astype(float) / sigma
    n = noise.size
    assert noise.mean() == pytest.approx(0, abs=4 / n**0.5)
    assert noise.std() == pytest.approx(1, abs=4 / (2 * n) ** 0.5)
    assert (noise**4).mean() == pytest.approx(3, abs=4 * 96**0.5 / n**0.5)
    for shifted in (noise[:, 1:] * noise[:, :-1], noise[..., 1] * noise[..., 0]):
        assert shifted.mean() == pytest.approx(0, abs=4 / shifted.size**0.5)
    # Not clipped, or dark pixels would have less noise.
    assert (noise.mean((0, 1, 2)) ** 2 < 16 / (n / 3)).all()


def test_gaussian_noise_follows_the_generator_alone(rng):
    images = np.zeros((2, 4, 4, 1), np.uint8)
    first, again = (gaussian(images, 0.3, np.random.default_rng(1)) for _ in range(2))
    assert (first == again).all()
    assert (first != gaussian(images, 0.3, rng)).any()


@given(stacks)
def test_no_noise_and_blocks_of_one_pixel_leave_bytes_on_the_unit_scale(images):
    unit = images.astype(np.float32) / np.float32(255)
    assert (gaussian(images, 0.0, np.random.default_rng(0)) == unit).all()
    assert (pixelate(images, 1) == unit).all()


@settings(deadline=None)
@given(stacks, st.floats(1, 12))
def test_pixelation_is_idempotent_and_keeps_the_mean_of_each_block(images, factor):
    factor = min(factor, max(images.shape[1:3]))
    coarse = pixelate(images, factor)
    assert coarse.shape == images.shape
    np.testing.assert_allclose(pixelate(coarse, factor), coarse, atol=1e-7)
    np.testing.assert_allclose(coarse.mean((1, 2)), (images / 255).mean((1, 2)), atol=1e-5)
    assert coarse.min() >= images.min() / 255 - 1e-7
    assert coarse.max() <= images.max() / 255 + 1e-7


@given(stacks, st.floats(1, 12), st.integers(0, 2**32 - 1))
def test_grey_images_need_no_axis_of_channels(images, factor, seed):
    grey, factor = images[..., 0], min(factor, max(images.shape[1:3]))
    with_axis, without = (
        gaussian(x, 0.2, np.random.default_rng(seed)) for x in (images[..., :1], grey)
    )
    assert without.shape == grey.shape
    assert (without == with_axis[..., 0]).all()
    assert (pixelate(grey, factor) == pixelate(images, factor)[..., 0]).all()


@pytest.mark.parametrize("factor", [2, 4, 7, 14, 28])
def test_blocks_hold_the_mean_of_their_pixels(rng, factor):
    images = rng.random((3, 28, 28, 1))
    n = 28 // factor
    means = images.reshape(3, n, factor, n, factor, 1).mean((2, 4))
    expected = means.repeat(factor, 1).repeat(factor, 2)
    np.testing.assert_allclose(pixelate(images, factor), expected, atol=1e-6)


def test_a_factor_that_does_not_divide_leaves_smaller_blocks_at_the_end(rng):
    images = rng.random((1, 5, 7, 1))
    coarse = pixelate(images, 3)[0, :, :, 0]
    assert len(np.unique(coarse)) == 2 * 3
    assert coarse[4, 6] == pytest.approx(images[0, 3:, 6:].mean(), abs=1e-6)


def test_a_broken_factor_alternates_the_sides_of_blocks():
    images = np.linspace(0, 1, 10).reshape(1, 10, 1, 1)
    sides = np.unique(pixelate(images, 2.5)[0, :, 0, 0], return_counts=True)[1]
    assert sides.tolist() == [3, 2, 3, 2]


def test_qualities_give_levels_and_whole_factors_exactly():
    assert sigma_for(4.0) == 0.5
    for factor in range(1, 225):
        assert factor_for(1 / factor**2) == factor
    assert factor_for(0.5) == pytest.approx(2**0.5)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: gaussian(x[0, ..., 0], 1, None), r"images has shape \(4, 4\); give \(n_images"),
        (lambda x: pixelate(x[0, ..., 0], 2), r"images has shape \(4, 4\); give \(n_images"),
        (lambda x: pixelate(x[..., 0], 5), r"factor = 5 does not suit images of 4 x 4 pixels"),
        (lambda x: gaussian(x[:0], 1, None), r"images has shape \(0, 4, 4, 1\)"),
        (lambda x: gaussian(x * 255.0, 1, None), r"images holds pixels from 255 to 255; scale"),
        (lambda x: gaussian(x * np.nan, 1, None), r"holds 32 NaN or infinite pixels of 32"),
        (lambda x: gaussian(x.astype(int), 1, None), r"images holds int64 values; give bytes"),
        (lambda x: gaussian(x, -1, None), r"sigma = -1 must be 0 or above"),
        (lambda x: gaussian(x, np.inf, None), r"sigma = inf must be 0 or above, and finite"),
        (lambda x: pixelate(x, 0.5), r"factor = 0.5 does not suit images of 4 x 4 pixels; give 1"),
        (lambda x: pixelate(x, 5), r"factor = 5 does not suit images of 4 x 4 pixels; .* to 4"),
        (lambda _: check_factor(np.nan, 4, 4), r"factor = nan does not suit"),
        (lambda _: factor_for(2), r"quality = 2 must be above 0 and at most 1"),
        (lambda _: sigma_for(0), r"quality holds 0; every value must be above 0"),
    ],
)
def test_what_is_no_image_and_levels_out_of_range_are_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call(np.ones((2, 4, 4, 1), np.float32))
