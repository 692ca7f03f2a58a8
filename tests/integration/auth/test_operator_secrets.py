"""`python -m services.auth secrets …`: what an operator sees of client secrets, and does."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.auth.__main__ import _parser
from services.auth.entrypoints import secrets_operator
from tests.integration.auth.rotating import CLIENT, Rotating, register, rotating, service

__all__ = ["rotating", "service"]

# Words and what is typed -> the status, and what was said.
Secrets = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def secrets(rotating: Rotating, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Secrets:
    """The operator's commands, as typed; `secret` goes into a file."""

    async def run(*words: str, secret: str | None = None) -> tuple[int, str]:
        capsys.readouterr()
        if secret is not None:
            (tmp_path / "secret").write_text(secret + "\n")
            words = (*words, "--file", str(tmp_path / "secret"))
        with capture_logs():
            status = await secrets_operator.run(_parser().parse_args(["secrets", *words]), rotating.auth.settings)
        return status, "".join(capsys.readouterr())

    return run


async def test_an_operator_replaces_a_secret_by_hand(rotating: Rotating, secrets: Secrets) -> None:
    """
    What the marketplace refuses is not kept; what it knows is used from then on, beside the one before, and written
    down; the table says when each ends, and by its status that one ends soon. No secret is shown.
    """
    assert await secrets("set", "--client", "nobodys", secret="x") == (
        2, "no application of the settings has this client id\n",
    )  # fmt: skip
    status, said = await secrets("set", "--client", CLIENT, secret="two words")
    assert (status, "one word" in said) == (2, True)
    for day, sentence in (("soon", "a day is written as"), ("2026-01-01", "over by that day")):
        status, said = await secrets("set", "--client", CLIENT, "--ends", day, secret="n3w-secret")
        assert (status, sentence in said) == (2, True)
    status, said = await secrets("set", "--client", CLIENT, secret="n3w-secret")
    assert (status, said) == (1, "the marketplace refuses it: nothing was kept\n")
    assert await rotating.secrets() == []
    await rotating.tend()
    assert (await secrets("list"))[0] == 3
    await register(rotating.auth.sandbox, rotating.queue_url, "n3w-secret")
    status, said = await secrets("set", "--client", CLIENT, "--ends", "2099-01-01", "--json", secret="n3w-secret")
    assert status == 0
    newest = json.loads(said)[0]
    assert (newest["state"], newest["ends_at"], newest["end"]) == ("newest", "2099-01-01T00:00:00Z", "told")
    assert (await secrets("set", "--client", CLIENT, secret="n3w-secret"))[0] == 1
    status, said = await secrets("list")
    assert (status, "former" in said, "n3w" in said, "s3cret" in said) == (0, True, False, False)
    assert ("our_client.secret_kept", "operator", CLIENT) in await rotating.audit()


async def test_an_operator_asks_for_another_at_once(rotating: Rotating, secrets: Secrets) -> None:
    """Long before the end, and once a day; where there is no queue the command says what to do instead."""
    assert (await secrets("rotate", "--client", CLIENT))[0] == 0
    assert (await secrets("rotate", "--client", CLIENT))[0] == 1
    assert await rotating.asked() == 1
    app = rotating.auth.settings.apps["amazon"]["eu"].model_copy(update={"secret_queue_url": None})
    rotating.auth.settings = rotating.auth.settings.model_copy(update={"apps": {"amazon": {"eu": app}}})
    status, said = await secrets("rotate", "--client", CLIENT)
    assert (status, "secrets set" in said) == (2, True)
