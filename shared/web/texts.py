"""What people type to look for something."""


def printable(text: str) -> str:
    """Without what cannot be shown, and without spaces around: PostgreSQL takes no NUL, and nothing has such a name."""
    return "".join(filter(str.isprintable, text)).strip()
