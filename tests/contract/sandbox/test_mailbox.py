"""The mail server at the far side: what it took is what its reader sees."""

import smtplib
from email import policy
from email.message import EmailMessage

from tests.sandbox_client import start_sandbox


async def test_a_subject_that_begins_on_the_line_after_its_name_is_read_as_it_was_written() -> None:
    """Python's own writer folds so what is too long for one line. Seen red with a space before the subject."""
    mail = EmailMessage(policy=policy.SMTP)
    subject = "Authorisations to renew by 6 February 2028: " + ", ".join(["Amazon Europe"] * 2)
    mail["Subject"] = subject
    mail["From"], mail["To"] = "no-reply@passerelle.example", "reader@shop.example"
    mail.set_content("Text")
    assert b"Subject:\r\n " in bytes(mail)
    async with start_sandbox() as sandbox:
        with smtplib.SMTP("127.0.0.1", await sandbox.mail_port()) as server:
            server.sendmail("no-reply@passerelle.example", ["reader@shop.example"], bytes(mail))
        assert [one["headers"]["subject"] for one in await sandbox.mails("reader@shop.example")] == [subject]
