import numpy as np
import pytest

from noisescaling.channels import pixelation_error, smooth_fields


def test_error_is_the_variance_inside_blocks() -> None:
    ramp = np.tile(np.arange(8.0), (1, 8, 1))
    assert pixelation_error(ramp, 1) == 0
    assert pixelation_error(ramp, 2) == pytest.approx(0.25 / np.arange(8.0).var())
    assert pixelation_error(ramp, 8) == pytest.approx(1)


def test_smooth_images_lose_with_the_pixel_area_and_edges_with_its_side() -> None:
    fields = smooth_fields(20, 256, 12.0, np.random.default_rng(0))
    smooth = pixelation_error(fields, 4) / pixelation_error(fields, 2)
    edges = np.sign(fields)
    sharp = pixelation_error(edges, 8) / pixelation_error(edges, 4)
    assert smooth == pytest.approx((4**2 - 1) / (2**2 - 1), rel=0.1)
    assert sharp == pytest.approx(2, rel=0.15)
    assert fields.std() == pytest.approx(1)


def test_factor_must_divide_the_images() -> None:
    with pytest.raises(ValueError, match="factor = 3 does not divide images of 8 x 8 pixels"):
        pixelation_error(np.zeros((1, 8, 8)), 3)
