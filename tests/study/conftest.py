"""An axis to draw on, closed afterwards."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)
