"""Finding classes: built-ins by any spelling, plugins by entry point, anything by module and class;
nothing imported but what is named.
"""

import subprocess
import sys
import textwrap
from typing import Any

import pytest

from enchanted_tui.config.lookup import ALIASES, BUILTIN, LookupFailure, builtin_path, find
from enchanted_tui.config.problems import snake_case
from enchanted_tui.executors.task import load_class
from helpers.good_config import spoilt

RUNNER = """\
class {name}:
    def __init__(self, **config):
        self.config = config

    def single_code_run(self, run_dir, params):
        return {{"success": True}}
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Install a distribution with entry points on the search path, as pip would."""

    def install(package, entry_points, **modules):
        site = tmp_path / "site"
        information = site / f"{package}-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        (information / "entry_points.txt").write_text(textwrap.dedent(entry_points))
        for name, source in modules.items():
            (site / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(str(site))

    before = set(sys.modules)
    yield install
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in BUILTIN.items() for name in names]
)
def test_builtins_by_every_spelling(kind, name):
    """Each built-in is where the table says, under its declared name, in snake_case and in any
    case, and is of that kind.
    """
    found = find(kind, name)
    assert found.cls.__name__ == name
    assert found.is_declared
    cls: Any = found.cls
    assert cls.kind == kind
    assert load_class(found.class_path) is found.cls
    assert {
        builtin_path(kind, spelling) for spelling in (snake_case(name), name.lower(), name.upper())
    } == {found.class_path}


def test_other_names():
    """The names that the documentation of the older program uses lead to the same classes."""
    for kind, names in ALIASES.items():
        for alias, name in names.items():
            assert (
                find(kind, alias).class_path
                == find(kind, name).class_path
                == builtin_path(kind, snake_case(alias))
            )


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("sampler", "array", "there is no sampler 'array'; did you mean 'array_sampler'?"),
        ("sampler", "Array", "there is no sampler 'Array'; did you mean 'ArraySampler'?"),
        ("runner", "command", "there is no runner 'command'; did you mean 'command_runner'?"),
        ("runner", "LocalExecutor", "'LocalExecutor' is an executor and belongs under 'executors'"),
        ("sampler", "sum_runner", "'sum_runner' is a runner and belongs under 'runners'"),
        (
            "executor",
            "xyz",
            (
                "there is no executor 'xyz'; there are LocalExecutor, JoblibExecutor,"
                " SlurmExecutor, DaskExecutor, and any class can be named as package.module:Class"
            ),
        ),
        (
            "runner",
            "pack.mod.Cls",
            (
                "there is no runner 'pack.mod.Cls'; a class is named as package.module:Class, with"
                " a colon before the class"
            ),
        ),
        (
            "runner",
            "no_such_package.mod:Cls",
            "there is no module 'no_such_package'; it is not installed",
        ),
        ("runner", "json.nope:Cls", "there is no module 'json.nope'; it is not installed"),
        ("runner", "json:JSONDecoderr", "has no 'JSONDecoderr'; did you mean json:JSONDecoder?"),
        (
            "runner",
            "json:JSONDecoder",
            "'json:JSONDecoder' has no method 'single_code_run' and cannot be used as a runner",
        ),
        ("runner", "json:loads", "'json:loads' is not a class"),
        ("runner", "js on:x", "'js on:x' is not of the form package.module:Class"),
        (
            "runner",
            "__main__:X",
            (
                "'__main__:X' cannot be imported by the workers; move the class into a module of"
                " its own"
            ),
        ),
        (
            "sampler",
            "enchanted_tui.runners.sum_runner:SumRunner",
            (
                "'enchanted_tui.runners.sum_runner:SumRunner' is a runner and cannot be used as a"
                " sampler"
            ),
        ),
    ],
)
def test_what_is_not_found(kind, name, sentence):
    """A name that leads nowhere is answered by what was probably meant."""
    with pytest.raises(LookupFailure) as failure:
        find(kind, name)
    assert sentence in str(failure.value)


def test_class_beside_the_configuration(tmp_path, good):
    """A class in a module beside the configuration file is found, for the workers too, and the
    search path is as before.
    """
    home = tmp_path / "home"
    home.mkdir()
    (home / "beside_the_file.py").write_text(RUNNER.format(name="Mine"))
    before = list(sys.path)
    config = good(
        spoilt("type: ExampleRunner", "type: beside_the_file:Mine, depth: 3"), path=home / "c.yaml"
    )
    assert sys.path == before
    assert config.python_path == (home, tmp_path)
    assert config.runners["r1"].worker_options() == {
        "type": "beside_the_file:Mine",
        "depth": 3,
        "__runner_name": "r1",
    }
    assert config.runners["r1"].class_path == "beside_the_file:Mine"


def test_module_that_raises(tmp_path, said):
    """A module that cannot be imported says why, at the place where it is named, be it an error or
    an exit.
    """
    (tmp_path / "raising_module.py").write_text("import no_such_thing_anywhere\n")
    (tmp_path / "exiting_module.py").write_text("raise SystemExit(3)\n")
    assert said(spoilt("type: ExampleRunner", "type: 'raising_module:X'")) == [
        "c.yaml:10:14: runners.r1.type: the module 'raising_module' cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_thing_anywhere'"
    ]
    assert said(spoilt("type: ExampleRunner", "type: 'exiting_module:X'")) == [
        "c.yaml:10:14: runners.r1.type: the module 'exiting_module' cannot be imported:"
        " SystemExit: 3"
    ]


def test_entry_points(plugin, good):
    """Plugins of both groups are found by exact name, else in either spelling, and get all keys as
    the older program passed them.
    """
    plugin(
        "plugged",
        """\
        [enchanted_surrogates.runners]
        gauss_2d_runner = plugged_old:Gauss2DRunner
        [enchanted_tui.runners]
        HELENARunner = plugged_new:HELENARunner
        """,
        plugged_old=RUNNER.format(name="Gauss2DRunner"),
        plugged_new=RUNNER.format(name="HELENARunner"),
    )
    for written, path in [
        ("gauss_2d_runner", "plugged_old:Gauss2DRunner"),
        ("Gauss2DRunner", "plugged_old:Gauss2DRunner"),
        ("helena_runner", "plugged_new:HELENARunner"),
    ]:
        spec = good(spoilt("type: ExampleRunner", f"type: {written}, x: [1, {{2: 3}}]")).runners[
            "r1"
        ]
        assert spec.class_path == path
        assert not spec.builtin
        assert spec.build().config == {"type": written, "x": [1, {2: 3}], "__runner_name": "r1"}


def test_only_the_named_plugin_is_imported(plugin, good):
    """A broken plugin that nobody uses disturbs nobody."""
    plugin(
        "mixed",
        "[enchanted_surrogates.runners]\nfine_runner = mixed_fine:Fine\nbroken_runner ="
        " mixed_broken:Broken\n",
        mixed_fine=RUNNER.format(name="Fine"),
        mixed_broken="1 / 0\n",
    )
    good(spoilt("type: ExampleRunner", "type: fine_runner"))
    assert "mixed_broken" not in sys.modules


def test_broken_plugin_says_why(plugin, said):
    """The plugin that is named and cannot be imported is a located problem with the reason."""
    plugin(
        "broken",
        "[enchanted_tui.runners]\nbroken_runner = quite_broken:Broken\n",
        quite_broken="1 / 0\n",
    )
    assert said(spoilt("type: ExampleRunner", "type: broken_runner")) == [
        "c.yaml:10:14: runners.r1.type: the plugin 'broken_runner' (quite_broken:Broken) cannot be"
        " imported: ZeroDivisionError: division by zero"
    ]


def test_builtins_come_before_plugins_and_kinds_are_kept_apart(plugin, said, good):
    """A plugin cannot take the place of a built-in, nor a runner serve as a sampler because it has
    an entry point.
    """
    plugin(
        "shadow",
        "[enchanted_tui.runners]\nexample_runner = shadow_runner:Mine\nlocal_executor ="
        " shadow_runner:Mine\n",
        shadow_runner=RUNNER.format(name="Mine"),
    )
    assert good().runners["r1"].class_path == "enchanted_tui.runners.example_runner:ExampleRunner"
    assert (
        good().executors["e1"].class_path == "enchanted_tui.executors.local.executor:LocalExecutor"
    )


def test_plugin_of_another_kind(plugin, said):
    """A runner's plugin named as a sampler is told from a name that does not exist."""
    plugin(
        "kinds", "[enchanted_surrogates.runners]\nmesh_runner = kinds_module:M\n", kinds_module=""
    )
    assert said(spoilt("type: RandomSampler", "type: MeshRunner")) == [
        "c.yaml:5:11: samplers.s1.type: 'MeshRunner' is a runner and belongs under 'runners'"
    ]


def test_missing_package_of_an_unused_component(tmp_path, said):
    """An entry that nothing uses may need a package that is not installed here; one that is used
    may not.
    """
    (tmp_path / "needs_module.py").write_text("import package_that_is_not_installed\n")
    unused = spoilt(
        "r1: {type: ExampleRunner}", "r1: {type: ExampleRunner}\n  r2: {type: 'needs_module:X'}"
    )
    sentence = (
        "the module 'needs_module' cannot be imported: ModuleNotFoundError: No module named"
        " 'package_that_is_not_installed'"
    )
    assert said(unused) == [
        f"warning: c.yaml:11:14: runners.r2.type: {sentence}; ignored, because run_order does not"
        " use it"
    ]
    assert said(unused.replace("runner: r1", "runner: r2")) == [
        f"c.yaml:11:14: runners.r2.type: {sentence}"
    ]


def test_two_plugins_of_one_name(plugin, said):
    """Which of two is meant is for the user to say."""
    plugin(
        "one",
        "[enchanted_tui.runners]\nsame_runner = one_module:One\n",
        one_module=RUNNER.format(name="One"),
    )
    plugin(
        "two",
        "[enchanted_surrogates.runners]\nsame_runner = two_module:Two\n",
        two_module=RUNNER.format(name="Two"),
    )
    assert said(spoilt("type: ExampleRunner", "type: same_runner")) == [
        "c.yaml:10:14: runners.r1.type: 'same_runner' is offered by several plugins"
        " (one_module:One, two_module:Two); name one of them as package.module:Class"
    ]


def test_suggestions_include_plugins(plugin, said):
    """A typo in a plugin's name is answered by that name."""
    plugin("known", "[enchanted_tui.runners]\ntokamak_runner = known_module:T\n", known_module="")
    assert said(spoilt("type: ExampleRunner", "type: tokamac_runner")) == [
        "c.yaml:10:14: runners.r1.type: there is no runner 'tokamac_runner'; did you mean"
        " 'tokamak_runner'?"
    ]


STRICT = """\
class Strict:
    def __init__(self, mesh, order=2):
        self.mesh, self.order = mesh, order

    def single_code_run(self, run_dir, params):
        return {"success": True}
"""


def test_constructor_with_named_arguments(tmp_path, good, said):
    """A class that lists what it takes gets only that, and what it lacks or does not know is told
    before anything runs.
    """
    (tmp_path / "strict_module.py").write_text(STRICT)
    spec = good(spoilt("type: ExampleRunner", "type: 'strict_module:Strict', mesh: 5")).runners[
        "r1"
    ]
    assert spec.worker_options() == {"mesh": 5}
    assert spec.build().mesh == 5
    assert said(spoilt("type: ExampleRunner", "type: 'strict_module:Strict', ordr: 5")) == [
        "c.yaml:10:3: runners.r1.mesh: is required by Strict",
        "c.yaml:10:38: runners.r1.ordr: Strict takes no such option; did you mean 'order'?",
    ]


DECLARED = """\
from enchanted_tui.config.options import option
from enchanted_tui.runners.base import Runner

class Declared(Runner):
    depth: int = option(doc="How deep.", ge=1)

    def single_code_run(self, run_dir, params):
        return {"success": True, "extra": self.extra["free"]}
"""


def test_class_built_upon_ours(tmp_path, good, said):
    """A plugin that declares its options has them checked, and still gets the keys that it does not
    declare.
    """
    (tmp_path / "declared_module.py").write_text(DECLARED)
    spec = good(
        spoilt("type: ExampleRunner", "type: 'declared_module:Declared', depth: 2, free: [1]")
    ).runners["r1"]
    assert spec.build().extra == {"free": [1]}
    assert spec.worker_options() == {"depth": 2, "free": [1]}
    assert said(spoilt("type: ExampleRunner", "type: 'declared_module:Declared', depth: 0")) == [
        "c.yaml:10:49: runners.r1.depth: expected an integer >= 1, found 0"
    ]


def test_declaration_that_cannot_be_read(tmp_path, said):
    """A defect in a plugin's declaration is told of the plugin, not a traceback."""
    (tmp_path / "torn_module.py").write_text(
        "from __future__ import annotations\n" + DECLARED.replace("depth: int", "depth: Nonsense")
    )
    assert said(spoilt("type: ExampleRunner", "type: 'torn_module:Declared', depth: 2")) == [
        "c.yaml:10:7: runners.r1: the options that Declared declares cannot be read: NameError:"
        " name 'Nonsense' is not defined"
    ]


def test_constructor_that_raises(tmp_path, good):
    """What a plugin's constructor raises when it is built is located, too."""
    (tmp_path / "fussy_module.py").write_text(
        RUNNER.format(name="Fussy").replace("self.config = config", "raise ValueError('no mesh')")
    )
    spec = good(spoilt("type: ExampleRunner", "type: 'fussy_module:Fussy'")).runners["r1"]
    with pytest.raises(
        Exception,
        match=(
            r"^c.yaml:10:3: runners.r1: Fussy cannot be made from these options: ValueError: no"
            r" mesh$"
        ),
    ):
        spec.build()


def test_foreign_sampler_names(tmp_path, said):
    """The reserved names are refused for samplers that know nothing of them."""
    (tmp_path / "foreign_sampler.py").write_text(
        "class Foreign:\n    def __init__(self, **config): pass\n    def get_next_samples(self):"
        " return []\n"
    )
    text = spoilt("type: RandomSampler", "type: foreign_sampler:Foreign").replace(
        "[x, y]", "[success, y, y, output]"
    )
    assert said(text) == [
        (
            "c.yaml:6:18: samplers.s1.parameters[0]: the name 'success' belongs to the program's"
            " own column of the dataset; choose another"
        ),
        (
            "c.yaml:6:30: samplers.s1.parameters[2]: the parameter 'y' is named twice; each"
            " parameter needs a name of its own"
        ),
        (
            "warning: c.yaml:6:33: samplers.s1.parameters[3]: runners usually return 'output',"
            " which will replace this parameter; choose another name"
        ),
    ]


def test_reading_imports_little():
    """Reading configurations is part of every start: no pandas, SciPy or NumPy for it, and no
    component that is not named.
    """
    code = """
        import sys
        import enchanted_tui.config.loading, enchanted_tui.config.schema, enchanted_tui.config.models
        print([name for name in sys.modules if name.partition(".")[0] in
               ("numpy", "pandas", "scipy", "msgspec", "jinja2", "difflib", "h5py", "pyarrow", "textual")
               or name.startswith(("enchanted_tui.samplers.", "enchanted_tui.runners.", "enchanted_tui.executors."))
               or name == "importlib.metadata"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
