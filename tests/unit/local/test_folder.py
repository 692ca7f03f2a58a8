"""`.run/`: one run at a time, and `make clean` does not pull it away from under one."""

from pathlib import Path

import pytest

from deploy.local.errors import CannotRun
from deploy.local.folder import RunFolder, clean


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    """The second run is told in a sentence; the first is not disturbed."""
    folder = RunFolder(tmp_path / ".run")
    with folder.locked(), pytest.raises(CannotRun, match="Another `make run`"), folder.locked():
        pass


def test_clean_spares_a_run_that_goes_on(tmp_path: Path) -> None:
    """The folder is removed once nobody uses it, and a clean without a folder is no error."""
    folder = RunFolder(tmp_path / ".run")
    with folder.locked(), pytest.raises(CannotRun):
        clean(folder)
    clean(folder)
    assert not folder.path.exists()
    clean(folder)


def test_what_the_demo_knows_is_read_again(tmp_path: Path) -> None:
    """None before the first demo, and afterwards what was written."""
    folder = RunFolder(tmp_path)
    assert folder.read_demo() is None
    folder.write_demo({"complete": True})
    assert folder.read_demo() == {"complete": True}
