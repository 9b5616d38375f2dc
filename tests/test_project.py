"""The project holds together: versions, commands, import direction, what is committed."""

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from study import notebooks, paths

#: A module imports only what stands left of it.
ORDER = ("datasets", "noise", "models", "metric", "sweep", "fitting", "planning", "plotting")
#: Notebooks that read a reader's own file.
ALONE = ("your_cells", "your_images", "your_sequences")
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
        for name in imported(path):
            _, _, name = name.partition("noisescaling.")
            assert name not in ORDER or name in allowed, f"{path.name} of {part} imports {name}"


def imported(path):
    """Return what a module imports, by package and part: noisescaling.fitting."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module or ''}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (".".join(name.split(".")[:2]) for name in names)


def test_the_library_knows_neither_the_study_nor_a_checkout():
    for path in (paths.ROOT / "lib" / "noisescaling").rglob("*.py"):
        packages = {name.partition(".")[0] for name in imported(path)}
        assert not packages & {"study", "benchmarks", "tests", "papermill"}, path.name
        assert not re.search(r"\.parents\[", path.read_text()), f"{path.name} leaves its package"


@pytest.mark.parametrize("name", [*ALONE, "plan_an_experiment", "quickstart"])
def test_a_notebook_for_a_reader_s_own_data_imports_the_library_alone(name):
    cells = json.loads((paths.NOTEBOOKS / f"{name}.ipynb").read_text())["cells"]
    source = "".join("".join(c["source"]) + "\n" for c in cells if c["cell_type"] == "code")
    assert not re.search(r"\b(study|benchmarks)\b.*import|import (study|benchmarks)", source)


IN_AN_EMPTY_FOLDER = """
import sys
import numpy as np
import noisescaling
from noisescaling import fitting, noise

assert noisescaling.__file__.startswith(sys.argv[1]), noisescaling.__file__
u = np.geomspace(1, 1000, 8)
fit = fitting.fit_noise_law(u, fitting.noise_law(u, 30, 2))
counts = noise.downsample(np.full((50, 20), 10), 100.0, np.random.default_rng(0))
print(round(fit.u_bar), round(fitting.forecast(fit, [4000.0]).bits[0]), counts.sum(axis=1).mean())
"""


def test_the_wheel_works_in_an_empty_folder(tmp_path):
    copy = tmp_path / "project"
    for part in ("lib", "notebooks/study"):
        shutil.copytree(paths.ROOT / part, copy / part, ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(paths.ROOT / name, copy)
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *build, "-w", tmp_path, copy], check=True)
    (wheel,) = tmp_path.glob("noisescaling-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    package = tmp_path / "site" / "noisescaling"
    for files in PYPROJECT["tool"]["setuptools"]["package-data"]["noisescaling"]:
        assert (package / files).exists(), files
    (tmp_path / "empty").mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", IN_AN_EMPTY_FOLDER, str(tmp_path / "site")],
        cwd=tmp_path / "empty", env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.split()[:2] == ["30", "2"]
    assert float(ran.stdout.split()[2]) == pytest.approx(100, abs=5)


def test_the_readme_is_short_and_names_both_commands():
    readme = (paths.ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 75
    for command in ("make book", "make test", "papermill notebooks/quickstart.ipynb"):
        assert command in readme
    for name in re.findall(r"notebooks/(\w+)\.ipynb", readme):
        assert name in notebooks.names(), f"the README names {name}"


@pytest.mark.parametrize("name", ["landing"])
def test_pictures_outside_of_pages_are_those_of_the_notebooks(name):
    picture = paths.FIGURES / f"{name}.png"
    assert picture.read_bytes() == notebooks.first_picture(name)
    shown = (paths.ROOT / "README.md", paths.ROOT / "book" / "intro.md")
    assert any(f"figures/{name}.png" in page.read_text() for page in shown)


def test_the_citation_has_what_reference_managers_read():
    citation = yaml.safe_load((paths.ROOT / "CITATION.cff").read_text())
    needed = {"cff-version", "message", "title", "authors"}  # without which the format is not met
    told = {"abstract", "type", "version", "date-released", "license", "keywords"}
    assert needed | told <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    project = PYPROJECT["project"]
    for key in ("version", "license", "keywords"):
        assert citation[key] == project[key]
    assert [one["name"] for one in citation["authors"]] == [a["name"] for a in project["authors"]]
    changes = (paths.ROOT / "CHANGELOG.md").read_text()
    assert f"## {citation['version']} ({citation['date-released']})" in changes


def test_the_citation_names_the_paper_as_the_references_do():
    paper = yaml.safe_load((paths.ROOT / "CITATION.cff").read_text())["preferred-citation"]
    entry = (paths.ROOT / "book" / "references.bib").read_text().split("\n\n")[0]
    for key in ("type", "title", "year", "doi"):
        assert str(paper[key]) in entry
    authors = [f"{one['family-names']}, {one['given-names']}" for one in paper["authors"]]
    assert f"author = {{{' and '.join(authors)}}}" in entry
    assert len(authors) == 6
    assert paper["doi"] == "10.48550/arXiv.2503.02726"


def test_the_metadata_say_who_what_and_where():
    project = PYPROJECT["project"]
    assert project["urls"]["Paper"] == "https://arxiv.org/abs/2503.02726"
    assert project["authors"]
    assert len(project["keywords"]) >= 5
    pythons = {c.rpartition(" ")[2] for c in project["classifiers"] if "Python :: 3." in c}
    tried = yaml.safe_load((paths.ROOT / ".github/workflows/ci.yml").read_text())
    versions = tried["jobs"]["book-and-tests"]["strategy"]["matrix"]["python"]
    assert set(versions) <= pythons
    assert all(Requirement(f"x{project['requires-python']}").specifier.contains(v) for v in pythons)


def test_both_ends_of_the_ranges_are_tried_by_one_command():
    script = (paths.ROOT / "benchmarks" / "ranges.sh").read_text()
    assert "benchmarks/ranges.sh" in MAKEFILE.split("ranges: $(STAMP)")[1]
    jobs = yaml.safe_load((paths.ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    ends = jobs["ranges"]["strategy"]["matrix"]
    assert set(ends["resolution"]) == {"lowest-direct", "highest"}
    assert set(ends["part"]) == {"core", "models"}
    for folder in re.findall(r"tests/\w+", script):
        assert (paths.ROOT / folder).is_dir(), folder
    for wanted in direct_requirements():  # an end that is not named cannot be tried
        assert any(one.operator == ">=" for one in wanted.specifier), wanted.name


def test_readers_learn_how_to_ask_and_to_report():
    readme = (paths.ROOT / "README.md").read_text()
    guide = (paths.ROOT / "CONTRIBUTING.md").read_text()
    assert "## Help" in readme
    assert "CONTRIBUTING.md#report-a-fault" in readme
    assert "## Report a fault" in guide
    assert "noisescaling --version" in readme
    assert "noisescaling --version" in guide


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
        ("fitting", "fit_curves report LawFit"),
        ("planning", "plan projected_gain"),
    ],
)
def test_what_users_import_is_there(module, promised):
    public = importlib.import_module(f"noisescaling.{module}")
    assert set(promised.split()) <= set(public.__all__)
