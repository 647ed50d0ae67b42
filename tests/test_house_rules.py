"""The house rules that a machine can check, each as a test: style, types, floors, sizes, names, errors, pages."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.generate import RENEW, stale

ROOT = Path(__file__).parent.parent
PACKAGES = ("drivers", "wall_controller", "gateway")
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 40
EMPTY_WORDS = {"utils", "helpers", "common", "manager", "handler", "service", "base", "misc"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders or (*PACKAGES, "tests", "bench"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@pytest.mark.timeout(300)
def test_the_code_is_formatted_and_lint_free() -> None:
    run(tool("ruff"), "format", "--check", "--quiet", ".")
    run(tool("ruff"), "check", "--quiet", ".")


@pytest.mark.timeout(600)
def test_the_types_hold_in_strict_mode() -> None:
    run(sys.executable, "-m", "mypy")


@pytest.mark.timeout(300)
def test_every_floor_imports_only_floors_below_it() -> None:
    run(tool("lint-imports"), "--no-cache")


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert not {name: count for name, count in lines.items() if count > MOST_FILE_LINES}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_function_fits_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {size}"
        for path in sources(*PACKAGES)
        for node in functions(path)
        if (size := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_FUNCTION_LINES
    ]
    assert not long


def test_every_module_opens_with_one_sentence_saying_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_no_module_or_class_has_an_empty_name() -> None:
    modules = [str(path.relative_to(ROOT)) for path in sources() if set(path.stem.lower().split("_")) & EMPTY_WORDS]
    classes = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.lower().endswith(("manager", "handler", "helper", "util"))
    ]
    assert not modules + classes


def test_every_suppression_carries_its_code_and_its_reason() -> None:
    bare = re.compile(r"#\s*(?:noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)* +- ?\S)|type: ignore(?!\[[\w, -]+\] +# ?\S))")
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()}"
        for path in sources(*PACKAGES)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line)
    ]
    assert not found


def modules(package: str) -> Iterator[object]:
    root = importlib.import_module(package)
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


ERROR_ROOTS = {"drivers": "DriverError", "wall_controller": "WallError", "gateway": "GatewayError"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_error_grows_on_its_packages_tree(package: str) -> None:
    strays = {
        f"{value.__module__}.{value.__name__}"
        for module in modules(package)
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Exception)
        and value.__module__.split(".")[0] == package
        and not {base.__name__ for base in value.__mro__} & set(ERROR_ROOTS.values())
    }
    assert not strays


def committed() -> Iterator[Path]:
    """Yield what git has or would take, so that caches and state are left out."""
    words = ["git", "ls-files", "-co", "--exclude-standard"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in told.stdout.splitlines():
        if (ROOT / name).is_file():
            yield ROOT / name


def test_nothing_committed_speaks_of_a_machine() -> None:
    suspicious = re.compile(r"/(?:work|root|home/\w+)/[a-z.]")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:100]}"
        for path in committed()
        if path.suffix not in {".png", ".woff2", ".lock"} and path != Path(__file__)
        for line in path.read_text(errors="ignore").splitlines()
        if suspicious.search(line)
    ]
    assert not found


def test_every_page_that_follows_from_the_code_is_up_to_date() -> None:
    assert not stale(), RENEW


def test_every_link_of_a_page_leads_somewhere() -> None:
    lost = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in committed()
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert not lost


def test_the_documentation_lists_every_page() -> None:
    docs = ROOT / "docs"
    listed = (docs / "README.md").read_text(encoding="utf-8")
    pages = (path.relative_to(docs).as_posix() for path in docs.rglob("*.md") if path.parent.name != "decisions")
    assert not [page for page in pages if page != "README.md" and f"({page})" not in listed]


def test_the_tests_never_sleep() -> None:
    sleeping = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources("tests")
        if path.name not in {"fakes.py", "test_house_rules.py"}
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\b(?:time|asyncio)\.sleep\(", line)
    ]
    assert not sleeping
