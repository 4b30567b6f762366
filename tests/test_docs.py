"""What the documents name is there: links, make targets, modules, files, tests, decisions."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from chalicelib.adapters.stripe.calls import Operation
from tests.tracked import ROOT, name, tracked

DECISIONS = ROOT / "docs" / "decisions"
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
TARGET = re.compile(r"\bmake ([a-z][a-z-]*(?: [a-z][a-z-]*)*)")
MODULE = re.compile(r"python -m ((?:infra|tests)[\w.]*)")
TEST = re.compile(r"\btest_\w+")


def in_code(path: Path) -> str:
    return "\n".join(CODE.findall(path.read_text()))


@cache
def make_targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@cache
def names_of_tests() -> frozenset[str]:
    sources = tracked("tests/*.py")
    defined = re.compile(r"^\s*def (test_\w+)", re.MULTILINE)
    found = {called for path in sources for called in defined.findall(path.read_text())}
    return frozenset(found | {path.stem for path in sources})


documents = pytest.mark.parametrize("path", tracked("*.md"), ids=name)


@documents
def test_every_link_leads_somewhere(path: Path) -> None:
    links = LINK.findall(path.read_text())
    ours = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in ours if not (path.parent / link).exists()] == []


@documents
def test_every_command_is_there(path: Path) -> None:
    asked = {word for run in TARGET.findall(in_code(path)) for word in run.split()}
    assert asked - make_targets() == set()
    modules = [ROOT / one.replace(".", "/") for one in MODULE.findall(path.read_text())]
    runs = (one.with_suffix(".py").exists() or (one / "__main__.py").exists() for one in modules)
    assert all(runs)


@documents
def test_every_test_that_is_named_exists(path: Path) -> None:
    """A name may be cut short, with an ellipsis: it stands for all that begin so."""
    named = TEST.findall(in_code(path))
    missing = [one for one in named if not any(known.startswith(one) for known in names_of_tests())]
    assert missing == []


def test_every_decision_is_listed_once_and_in_order() -> None:
    listed = LINK.findall((DECISIONS / "README.md").read_text())
    kept = sorted(path.name for path in DECISIONS.glob("0*.md"))
    assert listed == kept


def test_the_restricted_key_has_the_rights_of_every_call() -> None:
    """`docs/stripe.md` names each resource that is called, with the right that its calls need."""
    asking = {"retrieve", "list"}
    needed: dict[str, str] = {}
    for operation in Operation:
        resource, _, verb = operation.value.rpartition(".")
        resource = resource.rpartition("customers.")[2] or resource
        if verb not in asking or resource not in needed:
            needed[resource] = "read" if verb in asking else "write"
    table = (ROOT / "docs" / "stripe.md").read_text()
    assert dict(re.findall(r"^\| ([a-z._]+) \| (read|write) \|", table, re.MULTILINE)) == needed
