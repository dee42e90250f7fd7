"""The shape of the house: imports run one way, and the top level holds what it should and nothing else."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each part may import those below it; config wires them all.
ORDER = ["vendors", "procurement", "scraping", "config"]
TOP_LEVEL = {
    *ORDER,
    *("bench", "docs", "static", "templates", "tests", ".ci"),
    *("manage.py", "Makefile", "Dockerfile", "docker-compose.yml", "README.md", "pyproject.toml"),
    *("requirements.txt", "requirements-dev.txt", ".gitignore", ".dockerignore", ".env.example", "LICENSE"),
}


def modules(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports, anywhere in it."""
    package = list(path.relative_to(ROOT).parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:  # from .x or ..x
                base = package[: len(package) - node.level + 1]
                assert base, f"{path}: a relative import leaves the project"
                found.add(base[0])
            elif node.module:
                found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("part", ORDER)
def test_imports_run_one_way(part):
    above = set(ORDER[ORDER.index(part) + 1 :]) | {"tests", "bench"}
    wrong = {str(path.relative_to(ROOT)): sorted(found) for path in modules(part) if (found := imported(path) & above)}
    assert not wrong


@pytest.mark.parametrize("part", ORDER)
def test_every_part_is_looked_at(part):
    assert modules(part)


def test_fetching_parses_nothing_and_extractors_fetch_nothing():
    for path in modules("scraping/fetching"):
        assert not imported(path) & {"bs4", "lxml", "pdfplumber", "python_calamine"}, path
    for path in modules("scraping/extractors"):
        text = path.read_text()
        assert not imported(path) & {"requests", "urllib3", "httpx", "socket"}, path
        assert "scraping.fetching" not in text and "procurement.models" not in text, path


def test_the_top_level_holds_nothing_else():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not tracked:
        pytest.skip("this is no git checkout")
    assert {name.partition("/")[0] for name in tracked} <= TOP_LEVEL


def test_nothing_tracked_is_generated_or_secret():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    unwanted = [
        name
        for name in tracked
        if name.endswith((".pyc", ".sqlite3", ".log", ".pem", ".key")) or Path(name).name in {".env", "secret_key"}
    ]
    assert not unwanted
