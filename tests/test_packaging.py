"""The wheel: complete, and able to run the main job on its own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed alone, away from the checkout."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(
    "path",
    [
        "veille/py.typed",
        "veille/starter.opml",
        "veille/templates/email/body.html",
        "veille/templates/site/style.css",
        "veille/store/migrations/versions/0001_initial.py",
        "veille/digest/locale/fr/LC_MESSAGES/veille.mo",
        "veille/cli/demo/sample/curation.toml",
        "veille/cli/demo/sample/musee.example/atom.xml",
    ],
)
def test_the_wheel_holds_what_the_program_needs(wheel: Path, path: str) -> None:
    """Templates, migrations, catalogues and the sample are data, easily forgotten."""
    assert path in zipfile.ZipFile(wheel).namelist()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    """No test, no cache, no file of the checkout."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"veille"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".keep")]


def test_the_wheel_alone_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    """Installed away from the checkout: the same program, its own templates and sample."""
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "veille"]
    where = [sys.executable, "-c", "import veille; print(veille.__file__)"]
    shown = subprocess.run(
        where, check=True, env=environ, cwd=tmp_path, capture_output=True, text=True
    )
    assert shown.stdout.startswith(str(installed))
    done = subprocess.run(
        [*command, "demo", "here"], env=environ, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "archive" / "cinq-liens" / "1" / "index.html").is_file()
    assert str(ROOT) not in done.stdout
