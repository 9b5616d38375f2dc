import json
from dataclasses import replace
from itertools import pairwise

import pytest

from noisescaling import datasets
from noisescaling.sweep import Sweep, read_sweeps, recipe
from noisescaling.sweep.grid import as_recipe
from noisescaling.sweep.measure import Source, build_model, check, load_dataset, settings_of


def test_a_sweep_is_the_product_of_its_axes():
    sweep = Sweep(["pbmc68k_reduced"], ["PCA", "SCVI"], [10, 30, 100], [200, None], [1, 2])
    points = list(sweep.points())
    assert len(points) == len({point.identity for point in points}) == 24
    assert {point.size for point in points} == {200, None}


def test_points_that_share_noisy_observations_follow_one_another():
    sweep = Sweep(["pbmc68k_reduced"], ["PCA", "SCVI"], [10, 30], [200, 300], [1, 2])
    cells = [(point.dataset, point.quality, point.seed) for point in sweep.points()]
    changes = sum(a != b for a, b in pairwise(cells))
    assert changes == len(set(cells)) - 1


def test_depths_are_another_word_for_qualities():
    given = {"datasets": ["pbmc68k_reduced"], "models": ["PCA"]}
    one = Sweep(**given, qualities=[10, 30], fit_qualities=[None, 20])
    assert one == Sweep(**given, depths=[10, 30], fit_depths=[None, 20])
    assert replace(one, seeds=[3]).qualities == (10.0, 30.0)
    with pytest.raises(ValueError, match="qualities and depths are two words for one axis"):
        Sweep(**given, qualities=[10], depths=[10])


def one_point(dataset="pbmc68k_reduced", model="PCA", depth=10, size=None, seed=0, fit_depth=None):
    (point,) = Sweep([dataset], [model], [depth], [size], [seed], None, [fit_depth]).points()
    return point.identity


def test_whatever_determines_the_value_is_in_the_identity():
    others = [
        one_point(dataset=recipe("simulated", n_cells=50)), one_point(model="SCVI"),
        one_point(model=recipe("PCA", n_components=5)), one_point(depth=10.5), one_point(size=100),
        one_point(seed=1), one_point(fit_depth=20),
    ]  # fmt: skip
    assert len({one_point(), *others}) == 8


def test_what_does_not_determine_the_value_is_not_in_the_identity():
    plain = one_point(recipe("simulated", n_cells=50, seed=1), recipe("PCA", n_components=5), 10)
    assert plain == one_point(
        recipe("simulated", seed=1, n_cells=50, label="mine"),
        {"name": "PCA", "n_components": 5, "label": "five components"}, 10.0,
    )  # fmt: skip


def test_the_identity_is_the_same_on_every_machine():
    point = next(Sweep(["pbmc68k_reduced"], ["PCA"], [10]).points())
    assert json.loads(json.dumps(point.describe())) == point.describe()
    assert point.identity == "14a6e0bcb360e0f55e30"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"depths": []}, "depths is empty; give at least one"),
        ({"depths": [10, -1]}, "depths holds -1; every value must be above 0"),
        ({"depths": [10, 10.0]}, "depths holds 10.0 twice; give each once"),
        ({"sizes": [1]}, "size = 1 must be a whole number of at least 2"),
        ({"seeds": [0.5]}, "seed = 0.5 must be a whole number of at least 0"),
        ({"models": "PCA"}, r"models = 'PCA' is one text; give a list, \['PCA'\]"),
        ({"models": ["PCA", recipe("PCA", n_components=5)]}, "label of models holds 'PCA' twice"),
        ({"models": [{"label": "x"}]}, r"\{'label': 'x'\} has no name"),
        (
            {"models": [{"name": 3}]},
            r"\{'name': 3\} has no name; give one of a data set or a model",
        ),
        (
            {"models": [{"name": "PCA", "label": 3}]},
            "has no name; give one of a data set or a model",
        ),
        ({"models": [7]}, r"\{'name': 7\} has no name; give one of a data set"),
        ({"signals": ["a", "a"]}, "signals holds 'a' twice"),
        ({"fit_depths": [0.0]}, "fit_depths holds 0; every value must be above 0"),
    ],
)
def test_a_bad_grid_is_refused(changes, text):
    good = {"datasets": ["pbmc68k_reduced"], "models": ["PCA"], "depths": [10]}
    with pytest.raises(ValueError, match=text):
        Sweep(**(good | changes))


def test_what_a_data_set_does_not_have_is_refused_with_both_numbers():
    source = Source(datasets.simulate_cells(700, 20, 50.0))
    grid = {"datasets": ["simulated"], "models": ["PCA"], "depths": [10]}
    told = r"size = 401 is more than the 400 cells of simulated to learn from \(300 of 700 are set"
    with pytest.raises(ValueError, match=told):
        check(Sweep(**grid, sizes=[401]), source)
    with pytest.raises(ValueError, match=r"umis_per_cell = 90 is more than the mean"):
        check(Sweep(**(grid | {"depths": [90]})), source)
    with pytest.raises(ValueError, match=r"umis_per_cell = 90 is more than the mean"):
        check(Sweep(**grid, fit_depths=[90]), source)
    with pytest.raises(ValueError, match="signal of simulated = 'colour' is unknown; give one of"):
        check(Sweep(**grid, signals=["colour"]), source)
    with pytest.raises(ValueError, match=r"signal of simulated = 'time' is unknown; .* replicate"):
        check(Sweep(**grid, signals=["time"], noise="halves"), source)


def test_recipes_make_data_sets_and_models_anew():
    cells = load_dataset(recipe("simulated", label="mine", n_cells=50, n_genes=20, seed=4))
    again = datasets.simulate_cells(50, 20, seed=4)
    assert cells.name == "mine"
    assert (cells.counts == again.counts).all()
    assert build_model(recipe("PCA", n_components=5), 3).n_components == 5
    probe = build_model(recipe("sweep_models:Probe", seconds=2.5), 3)
    assert (probe.seed, probe.seconds) == (3, 2.5)
    assert load_dataset(recipe("sweep_models:small_cells", n_cells=44)).n_samples == 44
    assert load_dataset(as_recipe("sweep_models:small_cells")).name == "small_cells"


def test_all_settings_of_a_model_are_known_its_defaults_among_them():
    settings = settings_of(recipe("PCA", n_components=5))
    assert settings == {"n_components": 5, "n_top_genes": 750, "target_sum": 10000.0}
    mine = settings_of(recipe("sweep_models:Probe", seconds=2.5))
    assert mine["seconds"] == 2.5
    assert len(mine["source"]) == 20


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: build_model(as_recipe("VAE"), 0), "model = 'VAE' is unknown; give one of Random"),
        (lambda: build_model(as_recipe("no.such:Thing"), 0), "cannot be imported .* give package"),
        (lambda: build_model(as_recipe("sweep_models:Gone"), 0), "cannot be imported .*no attrib"),
        (lambda: build_model(as_recipe("sweep_models:NoModel"), 0), "a NoModel without fit, embed"),
        (lambda: load_dataset(as_recipe("moon")), "data set = 'moon' is unknown; give one of"),
        (
            lambda: load_dataset(recipe("simulated", cells=5)),
            "setting of data set simulated = 'cells' is",
        ),
        (lambda: load_dataset(as_recipe("sweep_models:no_cells")), "gives a int, no data set"),
        (
            lambda: load_dataset(recipe("sweep_models:small_cells", cells=3)),
            r"data set = 'sweep_models:small_cells' cannot be called with cells \(",
        ),
        (
            lambda: recipe("PCA", n_components=float("nan")),
            "settings of PCA = .* cannot be written",
        ),
        (lambda: recipe("PCA", n_components=object()), "cannot be written down .*give texts"),
    ],
)
def test_bad_recipes_are_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_sweeps_are_read_from_a_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        """
        models = ["PCA", {name = "SCVI", label = "VAE", size = "small"}]
        seeds = [1, 2]
        [[sweep]]
        datasets = ["pbmc68k_reduced"]
        depths = [10, 100]
        sizes = [200, "all"]
        [[sweep]]
        datasets = [{name = "simulated", n_cells = 300}]
        depths = [50]
        fit_depths = ["same", 20]
        signals = ["clone"]
        """
    )
    first, second = read_sweeps(file)
    models = ["PCA", recipe("SCVI", label="VAE", size="small")]
    assert first == Sweep(["pbmc68k_reduced"], models, [10, 100], [200, None], [1, 2])
    cells = [recipe("simulated", n_cells=300)]
    assert second == Sweep(cells, models, [50], [None], [1, 2], ["clone"], [None, 20])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("models = ", r"mine.toml: Invalid value"),
        ("colour = 1", r"mine.toml: key = 'colour' is unknown; give one of datasets, models"),
        ("models = ['PCA']", r"mine.toml: datasets is missing; give at least one"),
    ],
)
def test_a_bad_file_is_named(tmp_path, text, told):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ValueError, match=told):
        read_sweeps(tmp_path / "mine.toml")
    with pytest.raises(ValueError, match=r"gone.toml does not exist"):
        read_sweeps(tmp_path / "gone.toml")


FOREIGN = [
    "os:system", "shutil:rmtree", "pandas:read_pickle", "os.path:join", "sweep_models:Probe",
    "noisescaling.sweep.run:os.system", "noisescaling.datasets.h5ad:Path", "noisescaling:__path__",
    "noisescaling.sweep:export_depths", "noisescaling.datasets:_h5ad", ":", "a:", "noisescaling:x",
    "noisescaling.datasets.h5ad:Path.unlink", "noisescaling.datasets.h5ad:np",
]  # fmt: skip
PLACES = {
    "data set": "datasets = ['{0}']\nmodels = ['PCA']",
    "data set with settings": "datasets = [{{name = '{0}', path = 'x'}}]\nmodels = ['PCA']",
    "model": "datasets = ['simulated']\nmodels = ['PCA', '{0}']",
    "labelled model": "datasets = ['simulated']\nmodels = [{{name = '{0}', label = 'PCA'}}]",
    "one of several sweeps": "models = ['PCA']\n[[sweep]]\ndatasets = ['a']\n"
    "[[sweep]]\ndatasets = ['b', '{0}']",
}


def from_file(tmp_path, text, **options):
    (tmp_path / "mine.toml").write_text(f"depths = [10]\n{text}\n")
    return read_sweeps(tmp_path / "mine.toml", **options)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_imports_no_package_that_is_not_allowed(tmp_path, name, place):
    with pytest.raises(
        ValueError, match=r"mine\.toml: .* would be imported, and .* --allow"
    ) as told:
        from_file(tmp_path, PLACES[place].format(name))
    assert "\n" not in str(told.value)
    assert repr(name) in str(told.value)


def test_a_setting_of_a_file_names_no_code_either(tmp_path):
    text = "datasets = ['simulated']\nmodels = [{name = 'ImageClassifier', backbone = 'os:system'}]"
    with pytest.raises(ValueError, match="'os:system' would be imported, and 'os' is not allowed"):
        from_file(tmp_path, text)
    text = "datasets = [{name = 'x', path = 'C:/a.h5ad', label = 'a:b'}]\nmodels = ['PCA']"
    assert from_file(tmp_path, text + "\nsignals = ['ratio:b']")


def test_the_librarys_own_and_what_is_allowed_may_be_named(tmp_path):
    own = ["noisescaling.datasets:from_h5ad", "noisescaling.models:PCA", "simulated"]
    (grid,) = from_file(tmp_path, f"datasets = {own}\nmodels = ['PCA']")
    assert [one.name for one in grid.datasets] == own
    text = PLACES["model"].format("sweep_models:Probe")
    (grid,) = from_file(tmp_path, text, allow=["other", "sweep_models"])
    assert grid.models[1].name == "sweep_models:Probe"
    with pytest.raises(ValueError, match=r"allow = 'sweep_models' is one text; give a list"):
        from_file(tmp_path, text, allow="sweep_models")
    assert Sweep(["os:system"], ["PCA"], [10]), "in Python the user has named it"
