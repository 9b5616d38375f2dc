"""The examples of CONTRIBUTING run as they stand, and are as short as it says."""

import re

import pytest
import yaml

from study import paths

TEXT = (paths.ROOT / "CONTRIBUTING.md").read_text()
SECTIONS = dict(re.findall(r"## Add an? (\w[\w ]*)\n(.*?)(?=\n## |\Z)", TEXT, re.S))
SNIPPETS = {name: re.findall(r"```python\n(.*?)```", text, re.S) for name, text in SECTIONS.items()}


def test_each_of_the_four_has_its_section():
    assert list(SECTIONS) == ["noise", "model", "data set", "figure"]


@pytest.mark.parametrize("name", [name for name, found in SNIPPETS.items() if found])
def test_a_snippet_runs_and_is_short(name, tmp_path):
    for number, snippet in enumerate(SNIPPETS[name]):
        assert len([line for line in snippet.splitlines() if line.strip()]) < 20
        path = tmp_path / f"snippet{number}.py"
        path.write_text(snippet)
        exec(compile(snippet, path, "exec"), {"__name__": "snippet"})


def test_files_that_are_named_exist():
    for name in re.findall(r"`((?:notebooks|tests|book|benchmarks)/[\w./]+\.\w+)`", TEXT):
        assert (paths.ROOT / name).exists(), name
    for name in re.findall(r"`((?:datasets|models|sweep)/\w+\.py)`", TEXT):
        assert (paths.ROOT / "lib" / "noisescaling" / name).exists(), name
    assert (paths.ROOT / "tests" / "noise" / "test_counts.py").exists()


def test_the_hooks_are_checks_of_the_tests():
    hooks = yaml.safe_load((paths.ROOT / ".pre-commit-config.yaml").read_text())
    entries = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    makefile = (paths.ROOT / "Makefile").read_text()
    for tool in ("ruff check", "ruff format --check", "mypy"):
        assert any(tool in entry for entry in entries)
        assert tool in makefile


def test_the_nightly_recipe_runs_a_script_that_is_there():
    workflow = yaml.safe_load((paths.ROOT / ".github" / "workflows" / "nightly.yml").read_text())
    steps = workflow["jobs"]["laptop"]["steps"]
    script = paths.ROOT / next(s["run"] for s in steps if "nightly.sh" in s.get("run", ""))
    assert script.stat().st_mode & 0o100
    assert "python -m noisescaling sweep" in script.read_text()
