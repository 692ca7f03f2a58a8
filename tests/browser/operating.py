"""What the operator of the product types."""

from deploy.local.stack import Stack
from services.auth.__main__ import _parser
from services.auth.entrypoints import operator
from services.auth.settings import MigrationSettings


async def operate(stack: Stack, *words: str) -> None:
    """`python -m services.auth …`, which succeeds."""
    settings = MigrationSettings.model_validate({"database_url": stack.environments.database_urls["auth"]})
    assert await operator.run(_parser().parse_args(words), settings) == 0
