"""What the calendar of renewals says."""

NAME = "Days of renewal"
WHAT = "Renew the authorisation: %(name)s – %(marketplace)s"
TO_DO = "Renew it here, before it ends: %(address)s"
TOKEN = "Renew the token of your own application: %(name)s – %(marketplace)s"  # noqa: S105 - no token
SECRET = "Replace the client secret of your own application: %(name)s – %(marketplace)s"  # noqa: S105 - none
TO_ENTER = "Enter the new one here: %(address)s"
CALENDAR_SENTENCES = (NAME, WHAT, TO_DO, TOKEN, SECRET, TO_ENTER)
