"""
Makes `.venv` from a lock file, with nothing but Python: `python3 -m deploy.local.environment requirements.lock`.

A first `make run` counts its seconds, so the installer is uv, at a tenth of pip's work; pip fetches it (its version and
hashes are those of requirements-dev.lock) and does everything itself where uv finds no way to the packages. Modules are
compiled on all cores, those that few processes import left out: they compile when imported.
"""

from __future__ import annotations  # so that an older Python gets as far as the sentence below

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

_VENV = Path(".venv")
_PYTHON = _VENV / "bin" / "python"
_TOOLS_LOCK = Path("requirements-dev.lock")
_LOCKED = ["--no-deps", "--require-hashes", "--quiet"]
_COMPILED_LATER = (
    "/(mypy|mypyc|schemathesis|graphql|werkzeug|reportlab|pygments|PIL|jgo|requests|urllib3|charset_normalizer|"
    "progressbar|psutil|click|cffi|pycparser|packaging|"
    "semconv|protobuf|sqlalchemy/testing|sqlalchemy/dialects/(mysql|oracle|mssql|sqlite)|pydantic/(v1|deprecated))/"
)


def make(lock: Path) -> None:
    """Makes `.venv`, or brings it to what the lock names. Ends the program with a sentence when that fails."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is what tells it
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: name another with PYTHON=.")
    if not _PYTHON.exists():
        print("Making the environment in .venv (once) ...", flush=True)
        venv.create(_VENV, with_pip=False, symlinks=True)
    print(f"Installing what {lock} names ...", flush=True)
    if not _install_with_uv(lock) and not _succeeds([*_pip(), "install", *_LOCKED, "--no-compile", "-r", str(lock)]):
        sys.exit("The packages could not be installed; the lines above say which. Check the network and try again.")
    site_packages = sysconfig.get_path("purelib", vars={"base": str(_VENV), "platbase": str(_VENV)}, scheme="venv")
    # A module that cannot be compiled (a template, another version's syntax) is its importer's business.
    _succeeds([str(_PYTHON), "-m", "compileall", "-q", "-j", "0", "-x", _COMPILED_LATER, site_packages], silent=True)


def _install_with_uv(lock: Path) -> bool:
    """False where uv cannot do it: pip is told of another index, or there is no uv for this machine."""
    if "PIP_INDEX_URL" in os.environ:
        return False
    with tempfile.TemporaryDirectory() as folder:
        uv = shutil.which("uv") or _fetch_uv(Path(folder))
        install = ["pip", "install", "--python", str(_PYTHON), *_LOCKED, "-r", str(lock)]
        return uv is not None and _succeeds([uv, *install], silent=True)


def _fetch_uv(folder: Path) -> str | None:
    """uv in the folder, as locked; None when it cannot be had."""
    _, found, rest = _TOOLS_LOCK.read_text().partition("\nuv==")
    requirement = folder / "uv.lock"
    requirement.write_text(found.strip() + rest[: rest.index("\n    #")] + "\n")
    fetched = _succeeds([*_pip(), "install", *_LOCKED, "--no-compile", "--target", str(folder), "-r", str(requirement)])
    return str(folder / "bin" / "uv") if fetched else None


def _pip() -> list[str]:
    """The pip of the Python that runs us, aimed at the new environment; else the one that Python carries with it."""
    options = ["--disable-pip-version-check"]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", str(_PYTHON), *options]
    bundled = importlib.util.find_spec("ensurepip")
    for wheel in Path(bundled.origin or "").parent.glob("_bundled/pip-*.whl") if bundled else ():
        return [str(_PYTHON), os.fspath(wheel / "pip"), *options]
    sys.exit("This Python has no pip: install it (Debian: python3-pip), or name another Python with PYTHON=.")


def _succeeds(command: list[str], *, silent: bool = False) -> bool:
    output = subprocess.DEVNULL if silent else None
    return subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0


if __name__ == "__main__":
    make(Path(sys.argv[1]))
