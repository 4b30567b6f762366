"""Makes what is deployed: one zip and one template, the same bytes for the same sources.

Chalice makes the template and vendors its runtime; the dependencies are installed here, because
Chalice would download them again for each change of a line, ship what no function reads, and ship
no compiled code, so that every cold start compiled it. They are kept per set of requirements.

`AWS` takes Linux wheels whatever this machine is; `HERE` takes this machine's, for the emulator.
A requirement without a wheel for its platform is an error, never a warning.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "out"
STAGE = "prod"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# The botocore services our adapters call; each of the others is a megabyte nobody reads.
SERVICES = frozenset({
    "dynamodb", "events", "lambda", "s3", "scheduler", "secretsmanager", "ses", "sns", "sqs",
    "ssm", "sts",
})  # fmt: skip
# Languages money and dates can be written in, each with all its regions.
LANGUAGES = frozenset({
    "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fil",
    "fr", "ga", "gl", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "ko", "lb",
    "lt", "lv", "mk", "ms", "mt", "nb", "nl", "nn", "no", "pl", "pt", "ro", "root", "ru", "sk",
    "sl", "sq", "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh",
})  # fmt: skip
# Lambda's Python 3.11 runs on glibc 2.26, later ones on 2.34.
GLIBC = (5, 12, 17) if PYTHON == "3.11" else (5, 12, 17, 24, 26, 27, 28, 31, 32, 34)
UNZIPPED_LIMIT_BYTES = 250 * 1024 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)

AWS, HERE = "aws", "here"


class BuildError(RuntimeError):
    """A step failed, or what it made may not run where it is meant to."""


@dataclass(frozen=True)
class Package:
    """A template without code locations, and the zip every function in it runs."""

    template: dict[str, Any]
    archive: Path
    dependencies: Path

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.archive.read_bytes()).hexdigest()


def unused(name: PurePath) -> bool:
    """Whether no function ever reads this file of a dependency."""
    parts = name.parts
    if parts[:2] == ("botocore", "data") and len(parts) > 3:
        return parts[2] not in SERVICES
    if parts[:2] == ("babel", "locale-data"):
        return name.stem.split("_")[0] not in LANGUAGES
    if parts[0] in {"bin", "share"} or "sboms" in parts or "swagger_ui" in parts:
        return True
    return name.suffix in {".pyi", ".c", ".h", ".typed"} or "tests" in parts[:-1]


def install_dependencies(target: str) -> Path:
    """The shipped requirements, pruned and compiled, in a folder named after what it holds."""
    wanted = (ROOT / "requirements.txt").read_bytes() + Path(__file__).read_bytes()
    key = hashlib.sha256(wanted + f"{target} {PYTHON} {sys.platform}".encode()).hexdigest()[:12]
    folder = OUT / f"dependencies-{target}-{key}"
    if folder.exists():
        return folder
    forget_all_but_newest(f"dependencies-{target}-*")
    making = OUT / f"making-{target}-{os.getpid()}"
    shutil.rmtree(making, ignore_errors=True)
    platform = [f"--platform=manylinux_2_{minor}_x86_64" for minor in GLIBC]
    platform += ["--platform=manylinux2014_x86_64", "--implementation=cp"]
    run_quietly(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(making),
         "--only-binary=:all:", f"--python-version={PYTHON}", *(platform if target == AWS else []),
         "--requirement", str(ROOT / "requirements.txt")],
    )  # fmt: skip
    for file in sorted(making.rglob("*")):
        if file.is_file() and unused(file.relative_to(making)):
            file.unlink()
    compile_all(making)
    making.rename(folder)
    return folder


def forget_all_but_newest(pattern: str, kept: int = 2) -> None:
    """Make room; a running stack or test may still read from the last ones."""
    found = sorted(OUT.glob(pattern), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in found[kept:]:
        shutil.rmtree(folder)


def compile_all(folder: Path) -> None:
    """Write .pyc files that are never checked against their sources: Lambda's disk is read-only."""
    run_quietly(
        [sys.executable, "-m", "compileall", "-q", "-j", "0", "-s", str(folder),
         "--invalidation-mode", "unchecked-hash", str(folder)],
        {"PYTHONHASHSEED": "0"},
    )  # fmt: skip


def run_quietly(command: list[str], extra: dict[str, str] | None = None) -> None:
    """Run it, or fail with everything it said."""
    # Packaging imports app.py, which must need no region; Chalice itself wants to see one.
    settings = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", **(extra or {})}
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)  # noqa: PLW1510
    said = done.stdout + done.stderr
    if done.returncode != 0 or "may not work correctly" in said:
        raise BuildError(f"{' '.join(command[:4])} … failed:\n{said}")


def make_template_and_code(work: Path) -> tuple[dict[str, Any], Path]:
    """Chalice's template with ours merged over it; our code with Chalice's runtime, unzipped."""
    stage = work / "stage"
    (stage / ".chalice").mkdir(parents=True)
    for file in (ROOT / ".chalice").glob("*.json"):
        shutil.copy(file, stage / ".chalice")
    shutil.copy(ROOT / "app.py", stage)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "chalicelib", stage / "chalicelib", ignore=ignored)
    # Empty on purpose: the requirements are installed by `install_dependencies`.
    (stage / "requirements.txt").touch()
    made = work / "chalice"
    chalice = Path(sys.executable).with_name("chalice")
    run_quietly(
        [str(chalice), "--project-dir", str(stage), "package", "--stage", STAGE,
         "--merge-template", str(ROOT / "infra" / "resources.yaml"), str(made)],
    )  # fmt: skip
    code = work / "code"
    with zipfile.ZipFile(made / "deployment.zip") as archive:
        archive.extractall(code)
    compile_all(code)
    # YAML aliases do not survive this, and CloudFormation refuses them.
    template: dict[str, Any] = yaml.safe_load((made / "sam.yaml").read_text())
    return template, code


def write_archive(archive: Path, *folders: Path) -> None:
    """The folders' files under one root, in sorted order and without this machine's times."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for folder in folders:
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), EPOCH)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, file.read_bytes())


def size_bytes(*folders: Path) -> int:
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*"))


def source_key(target: str) -> str:
    """What the package depends on, hashed; an unchanged one is not made again."""
    files = [
        *(ROOT / ".chalice").glob("*.json"),
        *(path for path in (ROOT / "chalicelib").rglob("*") if path.suffix != ".pyc"),
        *(ROOT / name for name in ("app.py", "requirements.txt", "infra/resources.yaml")),
        Path(__file__),
    ]
    total = hashlib.sha256(f"{target} {PYTHON} {sys.platform}".encode())
    for file in sorted(path for path in files if path.is_file()):
        total.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:12]


def build(target: str) -> Package:
    """For `AWS` the zip is complete; for `HERE` the dependencies stay beside it, unzipped.

    The emulator unzips the whole package for each worker it starts, where AWS does it once.
    """
    OUT.mkdir(exist_ok=True)
    with (OUT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        dependencies = install_dependencies(target)
        folder = OUT / f"package-{target}-{source_key(target)}"
        if not folder.exists():
            forget_all_but_newest(f"package-{target}-*")
            make_package(folder, dependencies, complete=target == AWS)
        shutil.copy(folder / "template.json", OUT / "template.json")
    template: dict[str, Any] = json.loads((folder / "template.json").read_text())
    return Package(template, folder / "deployment.zip", dependencies)


def make_package(folder: Path, dependencies: Path, *, complete: bool) -> None:
    with tempfile.TemporaryDirectory(dir=OUT) as name:
        work = Path(name)
        template, code = make_template_and_code(work)
        if (size := size_bytes(code, dependencies)) > UNZIPPED_LIMIT_BYTES:
            raise BuildError(f"{size:,} bytes unzipped; Lambda takes {UNZIPPED_LIMIT_BYTES:,}")
        (made := work / "made").mkdir()
        write_archive(made / "deployment.zip", code, *([dependencies] if complete else []))
        (made / "template.json").write_text(json.dumps(template, indent=1))
        made.rename(folder)


def main() -> None:
    package = build(AWS)
    with zipfile.ZipFile(package.archive) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    print(f"{package.archive.relative_to(ROOT)}: {package.archive.stat().st_size:,} bytes,")
    print(f"{unzipped:,} unzipped, sha256 {package.digest}; template in out/template.json")


if __name__ == "__main__":
    main()
