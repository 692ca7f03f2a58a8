"""What answers outside besides the marketplaces: a mail server, an OpenID provider."""

from services.auth.adapters.openid import HttpOpenIdProvider, OpenIdClient
from services.auth.adapters.smtp import SmtpMailer, SmtpServer
from services.auth.settings import Settings
from services.auth.usecases.mail_ports import Mailer
from services.auth.usecases.openid_ports import OpenIdProvider
from shared.http.outward import Outward
from shared.kernel.clock import Clock


def openid_of(settings: Settings, outward: Outward, clock: Clock) -> OpenIdProvider | None:
    """None: nobody signs in elsewhere."""
    told = settings.openid
    if told is None:
        return None
    secret, redirect_uri = told.client_secret.get_secret_value(), f"{settings.public_url}/signin/openid/callback"
    client = OpenIdClient(told.issuer, told.client_id, secret, told.name, redirect_uri, told.two_factor_acr)
    return HttpOpenIdProvider(client, outward, clock)


def mailer_of(settings: Settings, clock: Clock) -> Mailer | None:
    """None: no mail is sent here."""
    if settings.smtp_host is None or settings.mail_from is None:
        return None
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_username,
        settings.smtp_password,
        settings.mail_from,
    )
    return SmtpMailer(server, clock)
