"""Our style sheet, icon and script: addresses with the file's digest, so that browsers may keep them for ever."""

import hashlib
from functools import cache

from shared.web.languages import HERE

FOLDER = HERE / "static"


def static_address(name: str) -> str:
    """`/static/<name>` with the file's digest. KeyError: there is no such file."""
    return f"/static/{name}?v={digests()[name]}"


@cache
def digests() -> dict[str, str]:
    """By file name, of the files this process serves."""
    files = (file for file in FOLDER.iterdir() if file.is_file())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in files}
