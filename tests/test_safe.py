"""Nothing that is read can run: no pickle, no evaluated text, no unchecked download."""

import ast
import re

import pytest

from noisescaling.datasets.registry import FILES
from study import paths

SOURCES = sorted((paths.ROOT / "lib").rglob("*.py"))
#: Calls that run what they read.
FORBIDDEN = {
    "eval", "exec", "compile", "__import__", "pickle.load", "pickle.loads", "pickle.Unpickler",
    "joblib.load", "dill.load", "dill.loads", "marshal.load", "marshal.loads", "shelve.open",
    "pd.read_pickle", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load", "os.system",
    "os.popen", "subprocess.getoutput", "torch.hub.load", "torch.jit.load",
}  # fmt: skip
#: Modules that no part of the library may import.
UNSAFE = {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "runpy", "code"}


def dotted(node):
    """Return the name of a call as it is written, such as "torch.load"."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    # A method of whatever a call returned begins with a point, so that it is no name by itself.
    return ".".join([node.id if isinstance(node, ast.Name) else "", *reversed(parts)])


def problems(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or ""] + [a.name for a in node.names]
            yield from (f"imports {n}" for n in names if n.partition(".")[0] in UNSAFE)
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        given = {k.arg: k.value for k in node.keywords}
        if name in FORBIDDEN:
            yield f"calls {name} in line {node.lineno}"
        if name.endswith("torch.load") and not is_true(given.get("weights_only")):
            yield f"torch.load without weights_only in line {node.lineno}"
        if name in ("np.load", "numpy.load") and not is_false(given.get("allow_pickle")):
            yield f"np.load may unpickle in line {node.lineno}"
        if is_true(given.get("shell")) or is_true(given.get("trust_remote_code")):
            yield f"runs foreign code in line {node.lineno}"


def is_true(node):
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node):
    return node is None or (isinstance(node, ast.Constant) and node.value is False)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_a_module_runs_nothing_that_it_reads(path):
    assert list(problems(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval(x)", "import pickle", "from joblib import load", "torch.load(p)",
        "torch.load(p, weights_only=False)", "np.load(p, allow_pickle=True)", "yaml.load(f)",
        "subprocess.run(c, shell=True)", "__import__(x)", "pd.read_pickle(p)",
    ],
)  # fmt: skip
def test_the_scan_sees_what_it_should(source):
    assert list(problems(ast.parse(source)))


def test_every_download_is_encrypted_and_has_a_checksum():
    for file in FILES.values():
        assert not file.url or file.url.startswith("https://"), file.path
        assert re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", file.checksum), file.path


def test_the_library_names_no_plain_address_and_downloads_in_one_place():
    for path in SOURCES:
        text = path.read_text()
        assert not re.search(r"[\"']http://(?!www\.w3\.org)", text), path.name
        if path.stem not in ("registry",):
            asks = r"\b(urlopen|urlretrieve|requests\.get|hf_hub_download|pooch\.(create|retrieve))"
            assert not re.search(asks, text), f"{path.name} downloads by itself"


def test_weights_by_name_are_tensors_and_nothing_else():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and dotted(node.func).endswith("from_pretrained"):
                given = {k.arg: k.value for k in node.keywords}
                assert is_true(given.get("use_safetensors")), f"{path.name}, {node.lineno}"
