"""
Tables in memory, and the file that keeps them over a restart.

A table remembers which rows changed; `Store.save` writes just those in one SQLite transaction, so that saving after
each effect costs the same with 20 orders as with 20,000.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

Row = TypeVar("Row")


class Table(Generic[Row]):
    """Rows of one kind by key, in insertion order."""

    def __init__(self, kind: str, row_type: type[Row]) -> None:
        self.kind = kind
        self._rows: dict[str, Row] = {}
        self._changed: dict[str, None] = {}
        self._adapter: TypeAdapter[Row] = TypeAdapter(row_type)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Row | None:
        return self._rows.get(key)

    def put(self, key: str, row: Row) -> None:
        self._rows[key] = row
        self._changed[key] = None

    def remove(self, key: str) -> Row | None:
        self._changed[key] = None
        return self._rows.pop(key, None)

    def clear(self) -> None:
        self._changed.update(dict.fromkeys(self._rows))
        self._rows.clear()

    def take_changes(self, *, keep: bool) -> list[tuple[str, bytes | None]]:
        """The changed rows as JSON (None: removed), or nothing where nobody keeps them; either way they are settled."""
        changed, self._changed = self._changed, {}
        if not keep:
            return []
        return [(key, self._json(key)) for key in changed]

    def load(self, key: str, data: bytes) -> None:
        """Put back a row read from the file."""
        self._rows[key] = self._adapter.validate_json(data)

    def _json(self, key: str) -> bytes | None:
        row = self._rows.get(key)
        return None if row is None else self._adapter.dump_json(row)


class Store:
    """The state file, or nothing at all when the sandbox runs without one."""

    def __init__(self, path: Path | None) -> None:
        self._db: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("pragma journal_mode=wal")
            # The process may be killed at any moment and loses nothing; a crash of the machine may cost the tail.
            self._db.execute("pragma synchronous=off")
            self._db.execute("create table if not exists row (kind text, key text, data blob, primary key (kind, key))")

    def load(self, tables: Iterable[Table[Any]]) -> None:
        """Fill the tables from the file, in the order the rows were first written."""
        if self._db is None:
            return
        by_kind = {table.kind: table for table in tables}
        for kind, key, data in self._db.execute("select kind, key, data from row order by rowid"):
            by_kind[kind].load(key, data)

    def save(self, tables: Iterable[Table[Any]]) -> None:
        """Write what changed since the last time, all or nothing."""
        changes = [(t.kind, key, data) for t in tables for key, data in t.take_changes(keep=self._db is not None)]
        if self._db is None or not changes:
            return
        self._db.execute("begin")
        for kind, key, data in changes:
            if data is None:
                self._db.execute("delete from row where kind = ? and key = ?", (kind, key))
            else:
                self._db.execute(
                    "insert into row values (?, ?, ?) on conflict (kind, key) do update set data = excluded.data",
                    (kind, key, data),
                )
        self._db.execute("commit")

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
