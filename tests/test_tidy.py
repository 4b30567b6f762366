"""The house's rules as a test: which way imports point, how long things are, what never appears.

Style that is not checked decays. Each rule says where it comes from when it fails.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.tracked import ROOT, name, tracked

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

# What each part of `chalicelib` may import of the others.
LAYERS: dict[str, frozenset[str]] = {
    "domain": frozenset({"domain"}),
    "ports": frozenset({"ports", "domain", "documents", "evidence"}),
    "documents": frozenset({"domain", "branding"}),
    "evidence": frozenset({"documents"}),
    "branding": frozenset(),
    "catalogue": frozenset({"catalogue", "documents", "domain"}),
    "formatting": frozenset({"domain", "formatting"}),
    "messages": frozenset(
        {"messages", "catalogue", "formatting", "documents", "branding", "domain"}
    ),
    "services": frozenset({"services", "ports", "domain", "messages", "documents", "evidence"}),
    "config": frozenset({"config"}),
    "observability": frozenset({"observability"}),
    "batch": frozenset({"batch", "observability"}),
    "adapters": frozenset(
        {
            "adapters",
            "ports",
            "domain",
            "documents",
            "evidence",
            "catalogue",
            "formatting",
            "branding",
        }
    ),
    "wiring": frozenset({"adapters", "ports", "config", "wiring", "observability"}),
    "entry": frozenset({"services", "ports", "domain", "wiring", "observability"}),
    "api": frozenset(
        {
            "api",
            "services",
            "ports",
            "domain",
            "wiring",
            "config",
            "observability",
            "messages",
            "documents",
            "evidence",
            "catalogue",
        }
    ),
    "web": frozenset(
        {
            "web",
            "api",
            "services",
            "ports",
            "domain",
            "observability",
            "catalogue",
            "formatting",
            "branding",
        }
    ),
}
# Packages only one part may import.
OWNERS = {
    "chalice": {"app", "api", "web"},
    "stripe": {"adapters"},
    "botocore": {"adapters"},
    "pynamodb": {"adapters"},
    "typst": {"adapters"},
    "segno": {"adapters"},
    "jinja2": {"messages", "web"},
    "babel": {"formatting"},
    "jwt": {"api"},
}
VAGUE = re.compile(r"(utils?|helpers?|managers?|misc|common|stuff)$", re.IGNORECASE)


def sources(*folders: str) -> list[Path]:
    return [path for path in tracked(*folders) if path.suffix == ".py"]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def part_of(path: Path) -> str:
    """`domain` for chalicelib/domain/money.py, `wiring` for chalicelib/wiring.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "chalicelib" else parts[0]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a thing lives"
            module = node.module or ""
            if module == "chalicelib":
                yield from (f"chalicelib.{alias.name}" for alias in node.names)
            else:
                yield module


SHIPPED = [path for path in sources("chalicelib", "app.py") if path.name != "__init__.py"]
EVERYTHING = sources()


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    if part == "app":
        return
    allowed = LAYERS[part]
    inner = [module.split(".")[1] for module in imported(path) if module.startswith("chalicelib.")]
    assert [module for module in inner if module not in allowed] == []


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_an_sdk_has_one_importer(path: Path) -> None:
    part = part_of(path)
    tops = {module.split(".")[0] for module in imported(path)}
    assert {top for top in tops if top in OWNERS and part not in OWNERS[top]} == set()


@pytest.mark.parametrize("path", sources("chalicelib/domain"), ids=name)
def test_the_domain_is_pure(path: Path) -> None:
    """Standard library only; no clock, chance or binary fraction: they come in as arguments."""
    tops = {module.split(".")[0] for module in imported(path)} - {"chalicelib"}
    assert tops <= sys.stdlib_module_names
    assert tops & {"random", "secrets", "os", "time", "uuid", "socket", "threading"} == set()
    for node in ast.walk(tree(path)):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        if isinstance(node, ast.Name):
            assert node.id != "float", node.lineno
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "utcnow", "today"} or not _is_clock(node), node.lineno


def _is_clock(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_a_file_is_one_idea_and_says_which(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(tree(path)), "a module says what it owns"
    assert not VAGUE.search(path.stem), "a newcomer could not guess what is in it"


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_functions_are_short(path: Path) -> None:
    functions = (
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {called: lines for called, lines in lengths.items() if lines >= LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", sources("tests"), ids=name)
def test_tests_use_fakes_and_can_fail(path: Path) -> None:
    modules = set(imported(path))
    assert "unittest.mock" not in modules
    text = path.read_text()
    for banned in ("mark." + "skip", "mark." + "xfail", "pytest." + "skip("):
        assert banned not in text, f"{banned} hides a gap"


def test_every_requirement_is_pinned_and_says_why() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-emulator.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.match(r"[\w.\-\[\]]+(==[\w.]+|<[\w.]+)\s+# \S", line), f"{file}: {line}"


def test_nouns_match_across_layers() -> None:
    """What a route file is called, its rule and its service are called too."""
    nouns = {path.stem.rstrip("s") for path in sources("chalicelib/domain")}
    for expected in ("invoice", "customer", "subscription", "busine", "payment"):
        assert expected in nouns
    services = {path.stem for path in sources("chalicelib/services")}
    assert {"invoices", "customers", "subscriptions", "businesses"} <= services
