"""Access tokens at far sides, asked for as a service of ours asks auth."""

from pydantic import SecretStr

from deploy.local.secrets import Secrets
from deploy.local.stack import Stack
from shared.access.access_tokens import RemoteAccessTokens
from shared.access.internal import ServiceTokens
from shared.http.outward import Outward


def tokens_at(stack: Stack, auth_url: str, outward: Outward) -> RemoteAccessTokens:
    """As orders asks for them, of the process of auth at this address."""
    secret = SecretStr(Secrets(stack.folder.secrets).client_secret("orders"))
    return RemoteAccessTokens(auth_url, ServiceTokens(auth_url, "orders", secret, outward), outward)
