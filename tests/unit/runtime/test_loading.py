"""Nobody looks for garbage while modules are loaded, and everybody does afterwards."""

import gc
import importlib

import pytest

from shared.runtime.loading import loading


def test_the_collector_rests_only_meanwhile() -> None:
    """What was loaded is out of its sight for good."""
    before = gc.get_freeze_count()
    with loading():
        assert not gc.isenabled()
        kept = [[number] for number in range(10)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    gc.unfreeze()


def test_the_collector_works_again_after_a_failed_import() -> None:
    """The error is the caller's."""
    with pytest.raises(ImportError), loading():
        importlib.import_module("no.such.module")
    assert gc.isenabled()
    gc.unfreeze()
