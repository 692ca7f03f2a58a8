"""The one error of this package: a sentence for the person at the terminal, who can do something about it."""


class CannotRun(Exception):
    """Printed as it is, without a trace; the command ends with status 1."""
