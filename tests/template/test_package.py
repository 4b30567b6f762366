"""The zip: complete, importable by itself, small enough, the same bytes each time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePath

import pytest

from infra.build import HERE, SERVICES, UNZIPPED_LIMIT_BYTES, Package, build, unused, write_archive

HANDLERS = ["app", "sweep_due", "dunning_worker", "effects_worker"]


@pytest.fixture(scope="module")
def names(package: Package) -> set[str]:
    with zipfile.ZipFile(package.archive) as archive:
        return set(archive.namelist())


def test_it_fits_into_lambda(package: Package) -> None:
    with zipfile.ZipFile(package.archive) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    assert unzipped < UNZIPPED_LIMIT_BYTES


def test_it_holds_what_runs_and_nothing_else(names: set[str]) -> None:
    assert {"app.py", "chalicelib/config.py", "chalice/app.py", "typst/_typst.abi3.so"} <= names
    foreign = ("tests/", "infra/", ".venv", "moto/", "boto3/", "pytest/", "bin/")
    assert [name for name in names if name.startswith(foreign)] == []


def test_every_module_of_ours_is_compiled(names: set[str]) -> None:
    tag = sys.implementation.cache_tag
    ours = [PurePath(name) for name in names if name.startswith("chalicelib/")]
    modules = [path for path in ours if path.suffix == ".py"]
    compiled = {str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc") for path in modules}
    assert len(modules) > 5
    assert compiled - names == set()


def test_only_the_services_we_call_are_described(names: set[str]) -> None:
    described = {
        PurePath(name).parts[2]
        for name in names
        if name.startswith("botocore/data/") and len(PurePath(name).parts) > 3
    }
    assert described == SERVICES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", True),
        ("botocore/data/s3/2006-03-01/service-2.json.gz", False),
        ("botocore/data/endpoints.json", False),
        ("babel/locale-data/de_AT.dat", False),
        ("babel/locale-data/root.dat", False),
        ("babel/locale-data/ff_Adlm.dat", True),
        ("stripe/_invoice.pyi", True),
        ("segno/tests/test_qr.py", True),
        ("typst/_typst.abi3.so", False),
    ],
)
def test_what_is_left_out(name: str, *, expected: bool) -> None:
    assert unused(PurePath(name)) is expected


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder, order in zip(folders, (["a.py", "b.py"], ["b.py", "a.py"]), strict=True):
        folder.mkdir()
        for name in order:
            (folder / name).write_text(name)
    archives = [tmp_path / f"{folder.name}.zip" for folder in folders]
    for folder, archive in zip(folders, archives, strict=True):
        write_archive(archive, folder)
    assert archives[0].read_bytes() == archives[1].read_bytes()


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Our code and its dependencies for this machine, apart from everything installed here."""
    package = build(HERE)
    folder = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(package.archive) as archive:
        archive.extractall(folder)
    return folder, package.dependencies


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_imports_from_the_package_alone(
    unzipped: tuple[Path, Path], handler: str
) -> None:
    """-I and -S: no site-packages, no environment; what is missing in the package is missing."""
    code, dependencies = unzipped
    script = f"import sys; sys.path[:0] = ['{code}', '{dependencies}']; import app; app.{handler}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={},
    )
    assert (done.returncode, done.stderr) == (0, "")
