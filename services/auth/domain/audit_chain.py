"""
The chain of the audit log: each link's hash is over its entry and the hash before, so that whoever changes, removes or
slips in an entry has to make all later links anew, and the head that somebody noted elsewhere is no longer there.

What is older than twelve months is removed from the front; the last removed link stays as the anchor, and an entry of
the chain says so.
"""

import hashlib
from dataclasses import dataclass

from services.auth.domain.audit import Action

_GENESIS = bytes(32)
# In the order of `Link.content`.
_ACTION, _REASON = 2, 7


@dataclass(frozen=True, slots=True)
class Link:
    """
    `content`: of its entry as it is hashed: id, time, action, organisation, account, connection, API client, reason,
    before, after, from version 2 on session and browser; None: there is no such entry. `position` None: an entry that
    has no link.
    """

    position: int | None
    hash: bytes
    content: tuple[str | None, ...] | None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link: what may be noted elsewhere."""

    position: int
    hash: str

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"


def link_hash(previous: bytes, content: tuple[str | None, ...]) -> bytes:
    """As `adapters/audit_chain_v2.py` has PostgreSQL compute it: every field with its length, so that none can move."""
    fields = ("-" if value is None else f"{len(value.encode())}:{value}" for value in content)
    return hashlib.sha256(previous + "".join(fields).encode()).digest()


class Verification:
    """Takes the links in their order, those without a position last. `problem`: the first that was found."""

    def __init__(self, noted: Head | None = None) -> None:
        self.entries = 0
        self.head: Head | None = None
        self.problem: str | None = None
        self._noted = noted
        self._previous = _GENESIS
        self._anchor: int | None = None
        self._removed_to: str | None = None

    def take(self, link: Link) -> None:
        self.entries += link.content is not None
        if self.problem is None:
            self.problem = self._problem_of(link)

    def end(self) -> None:
        """Nothing more comes."""
        self.problem = self.problem or self._problem_of_all()

    def _problem_of(self, link: Link) -> str | None:
        if link.position is None:
            return f"entry {_id(link)}: it is not in the chain"
        expected = self.head.position + 1 if self.head else 1
        if link.content is None:
            if self.head is not None:
                return f"position {link.position}: its entry is gone"
            self._anchor = link.position
        elif link.position != expected:
            return f"position {expected}: its link is gone"
        elif link.hash != link_hash(self._previous, link.content):
            return f"position {link.position}, entry {_id(link)}: it was changed"
        elif link.content[_ACTION] == Action.TRUNCATED:
            self._removed_to = link.content[_REASON]
        return self._step(link.position, link.hash)

    def _step(self, position: int, hash_: bytes) -> str | None:
        self._previous, self.head = hash_, Head(position, hash_.hex())
        if self._noted and self._noted.position == position and self._noted.hash != self.head.hash:
            return f"position {position}: it is not the head that was noted"
        return None

    def _problem_of_all(self) -> str | None:
        if self._anchor is not None and self._removed_to != str(self._anchor):
            return f"position {self._anchor}: that all before was removed is in no entry"
        if self._noted and (self.head is None or self.head.position < self._noted.position):
            return f"position {self._noted.position}: the chain ends before the head that was noted"
        return None


def _id(link: Link) -> str | None:
    return link.content[0] if link.content else None
