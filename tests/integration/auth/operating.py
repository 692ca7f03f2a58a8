"""The operator's commands, as typed."""

from collections.abc import Awaitable, Callable

import pytest

from services.auth.__main__ import _parser
from services.auth.entrypoints import operator
from services.auth.settings import MigrationSettings
from tests.integration.auth.conftest import Running

# Words -> the status, and what was said.
Operate = Callable[..., Awaitable[tuple[int, str]]]


def operating(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    settings = MigrationSettings.model_validate({"database_url": auth.settings.database_url})

    async def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        status = await operator.run(_parser().parse_args(words), settings)
        return status, "".join(capsys.readouterr())

    return run
