"""The layers of DESIGN, read from the imports."""

from __future__ import annotations

import ast
import functools
import sys
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = Path(__file__).resolve().parent.parent / "petition"
LAYERS = [
    ["core"],
    ["mail"],
    ["settings"],
    ["accounts"],
    ["organisations"],
    ["petitions"],
    ["tallies"],
    ["signatures"],
    ["updates"],
    ["endorsements"],
    ["deliveries"],
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
LEAF_NAMES = ("views", "cli", "api", "worker", "demo", "page_words", "error_pages")
INSIDE_A_FEATURE = ["models", "service", "forms", "views"]
MODULES = sorted(PACKAGE.rglob("*.py"))
PROOF = [path for path in MODULES if path.parent.name == "proof" and not path.stem.endswith("_views")]


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


class _Module(NamedTuple):
    """What the tests ask of a module. Kept instead of its tree, which would burden the collector of garbage."""

    modules: set[str]
    imports: set[str]
    hidden_imports: list[int]
    calls: set[str]


@functools.cache
def _read(path: Path) -> _Module:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    modules, found = set(), set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
            modules.add(node.module)
    hidden = [
        node.lineno
        for function in nodes
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    calls = {
        ast.unparse(node.func)
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return _Module(modules, {name for name in found if name.startswith("petition.")}, hidden, calls)


def _imports(path: Path) -> set[str]:
    return _read(path).imports


def _is_leaf(module: str) -> bool:
    return any(part == leaf or part.endswith(f"_{leaf}") for part in module.split(".")[1:] for leaf in LEAF_NAMES)


def _some(found: dict[str, Any]) -> dict[str, Any]:
    """Without the modules of which nothing was found."""
    return {module: those for module, those in found.items() if those}


def test_the_rules_are_held_against_the_whole_program() -> None:
    assert {"petition.app", "petition.core.db", "petition.signatures.views"} <= {_name(path) for path in MODULES}
    assert {"petition.deliveries.proof.verify"} <= {_name(path) for path in PROOF}


def test_imports_go_down_only() -> None:
    wrong = {}
    for path in MODULES:
        module = _name(path)
        feature = module.split(".")[1] if "." in module else ""
        if feature not in RANK or _is_leaf(module):
            continue
        wrong[module] = {name for name in _imports(path) if RANK.get(name.split(".")[1], -1) > RANK[feature]}
    assert _some(wrong) == {}, "modules and what they reach up to"


def test_nothing_but_the_application_imports_views() -> None:
    wrong = {
        _name(path): {name for name in _imports(path) if name.split(".")[-1] == "views" or name.endswith("_views")}
        for path in MODULES
        if _name(path) != "petition.app"
    }
    assert _some(wrong) == {}


def test_inside_a_feature_models_know_no_service_and_services_no_forms() -> None:
    wrong = {}
    for path in MODULES:
        feature, _dot, last = _name(path).rpartition(".")
        if last in INSIDE_A_FEATURE:
            later = INSIDE_A_FEATURE[INSIDE_A_FEATURE.index(last) + 1 :]
            wrong[_name(path)] = _imports(path) & {f"{feature}.{one}" for one in later}
    assert _some(wrong) == {}


def test_no_import_hides_in_a_function() -> None:
    wrong = {_name(path): _read(path).hidden_imports for path in MODULES if "cli" not in path.parts}
    assert _some(wrong) == {}, "modules and lines"


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = {"datetime.now", "datetime.utcnow", "date.today", "datetime.datetime.now"}
    wrong = {_name(path): _read(path).calls & asking for path in MODULES if path.name != "clock.py"}
    assert _some(wrong) == {}


def test_what_strangers_verify_stands_by_itself() -> None:
    theirs = {"petition", "cryptography", "rfc8785"} | sys.stdlib_module_names
    wrong = {}
    for path in PROOF:
        ours = {name for name in _imports(path) if not name.startswith("petition.deliveries.proof")}
        wrong[_name(path)] = ours | ({name.partition(".")[0] for name in _read(path).modules} - theirs)
    assert _some(wrong) == {}
