"""The core works where neither torch nor scanpy nor matplotlib nor a notebook is installed."""

import subprocess
import sys

CODE = """
import importlib.metadata as metadata
import sys

there = metadata.version

def version(name):
    if name in {"torch", "scvi-tools", "transformers", "scanpy", "matplotlib"}:
        raise metadata.PackageNotFoundError(name)
    return there(name)

metadata.version = version

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {
            "torch", "scvi", "transformers", "scanpy", "lightning", "matplotlib", "papermill",
            "IPython", "distributed", "jupyter_book",
        }:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import anndata, numpy as np, pandas as pd
import noisescaling
from noisescaling import datasets, fitting, metric, models, noise, planning, sweep

rng = np.random.default_rng(0)
types = np.repeat(["a", "b"], 100)
rates = np.exp(rng.normal(size=(2, 30)))[(types == "b").astype(int)]
data = anndata.AnnData(rng.poisson(20 * rates).astype("f4"), obs=pd.DataFrame({"type": types}))
data.obs_names = [f"cell{i}" for i in range(200)]
cells = datasets.from_anndata(data, "type")
thin = noise.downsample(cells.counts, 30, rng)
bits = metric.mutual_information(models.build("PCA").fit(thin).embed(thin), types).bits
assert 0.5 < bits < 1.1, bits
points = sweep.noise_curves(cells, ["PCA"], [3, 10, 30, 90])
assert (points["status"] == "ok").all()
assert "numpy" in points["provenance"][0] and "torch" not in points["provenance"][0]
assert "u_bar" in str(fitting.fit_noise_law(points["quality"], points["bits"], entropy=1.0))
assert noisescaling.__version__
try:
    models.build("SCVI").fit(thin)
except (ImportError, ValueError) as error:
    assert "noisescaling[models]" in str(error), error
else:
    raise AssertionError("SCVI ran without torch")
print("core works")
"""


def test_the_core_needs_no_extra(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "core works\n"


def test_numpys_false_claim_that_rounding_overflows_is_not_shown_and_other_warnings_are():
    code = "import noisescaling, numpy as np; np.round([1e300], 9); 2 * np.array([1e308])"
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, check=True
    )
    assert [line for line in done.stderr.splitlines() if "overflow" in line] == [
        "<string>:1: RuntimeWarning: overflow encountered in multiply"
    ]
