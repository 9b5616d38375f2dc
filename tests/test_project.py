"""The project holds together: versions, commands, import direction, what is committed."""

import ast
import importlib
import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from noisescaling import notebooks, paths

#: A module imports only what stands left of it.
ORDER = ("datasets", "noise", "models", "metric", "sweep", "fitting", "planning", "plotting")
PYPROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())
CONSTRAINTS = (paths.ROOT / "constraints.txt").read_text().splitlines()
MAKEFILE = (paths.ROOT / "Makefile").read_text()


def direct_requirements():
    project = PYPROJECT["project"]
    extras = [line for group in project["optional-dependencies"].values() for line in group]
    return [Requirement(line) for line in [*project["dependencies"], *extras]]


@pytest.mark.parametrize("wanted", direct_requirements(), ids=lambda r: r.name)
def test_every_dependency_is_pinned_within_what_pyproject_allows(wanted):
    pins = [r for r in map(Requirement, CONSTRAINTS) if r.name == wanted.name]
    assert pins, f"{wanted.name} is not in constraints.txt: run `make lock`"
    for pin in pins:
        (version,) = [s.version for s in pin.specifier]
        assert wanted.specifier.contains(Version(version))


def test_constraints_are_versions_without_hashes_or_addresses():
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+( ;.*)?", line) for line in CONSTRAINTS)


def test_conda_users_get_the_same_versions():
    environment = yaml.safe_load((paths.ROOT / "environment.yml").read_text())
    python, _, pip = environment["dependencies"]
    assert python == f"python{PYPROJECT['project']['requires-python']}"
    assert pip["pip"] == ["--constraint constraints.txt", "--editable .[book,cluster,models,test]"]
    assert "--constraint constraints.txt --editable '.[book,cluster,models,test]'" in MAKEFILE


def test_modules_import_only_what_stands_left_of_them():
    library = paths.ROOT / "lib" / "noisescaling"
    for path in library.rglob("*.py"):
        part = path.relative_to(library).parts[0].removesuffix(".py")
        if part not in ORDER:
            continue
        allowed = set(ORDER[: ORDER.index(part) + 1])
        for name in imported(ast.parse(path.read_text())):
            assert name not in ORDER or name in allowed, f"{path.name} of {part} imports {name}"


def imported(tree):
    """Return the parts of the library that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "noisescaling":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("noisescaling."):
            yield node.module.split(".")[1]


def test_the_readme_is_short_and_names_both_commands():
    readme = (paths.ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 75
    for command in ("make book", "make test", "papermill notebooks/quickstart.ipynb"):
        assert command in readme
    for name in re.findall(r"notebooks/(\w+)\.ipynb", readme):
        assert name in notebooks.names(), f"the README names {name}"


def test_the_readme_shows_the_measured_picture():
    picture = paths.FIGURES / "quickstart.png"
    assert picture.read_bytes() == notebooks.first_picture("quickstart")
    assert "book/figures/quickstart.png" in (paths.ROOT / "README.md").read_text()


def test_nothing_committed_is_large_or_names_a_machine():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split("\n")[:-1]:
        path = paths.ROOT / name
        if not path.is_file():
            continue
        assert path.stat().st_size < 1_500_000, f"{name} is large"
        if path.suffix in {".py", ".md", ".ipynb", ".yml", ".toml", ".csv", ".txt", ""}:
            found = re.search(r"(?<![\w.])/(work|root|home)/\w+", path.read_text(errors="ignore"))
            assert not found, f"{name} names {found}"


@pytest.mark.parametrize(
    ("module", "promised"),
    [
        ("datasets", "Dataset load names simulate_cells"),
        ("noise", "downsample split substitute gaussian pixelate"),
        ("models", "RandomProjection PCA SCVI RankTransformer RepresentationModel"),
        ("models", "ProteinLanguageModel ImageClassifier"),
        ("metric", "mutual_information replicate_information"),
        ("sweep", "Sweep run ResultsStore"),
        ("fitting", "noise_law cell_law joint_law fit_noise_law fit_cell_law fit_joint_law"),
        ("fitting", "fit_curves collapse LawFit"),
        ("planning", "plan projected_gain"),
    ],
)
def test_what_users_import_is_there(module, promised):
    public = importlib.import_module(f"noisescaling.{module}")
    assert set(promised.split()) <= set(public.__all__)
