"""Numbers for the names of series and causes; how many there can be is bounded."""

from __future__ import annotations

from hl7console.store.connection import Database
from hl7console.store.measures.records import Scope
from hl7console.store.measures.tally import Series

OTHER = "(other)"
"""The series, and the cause, that takes what is beyond the most."""

MOST: dict[str, int] = {Scope.SENDER: 500, Scope.TYPE: 500, Scope.DESTINATION: 500}
"""Most series of a scope; senders can make up any number of names."""

MOST_ELSEWHERE = 1000
MOST_CAUSES = 500

LONGEST = 120
"""Characters of a name that are kept."""


class Names:
    """The numbers of series and causes. The owner of the connection only.

    Args:
        database: The writing connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._series: dict[Series, int] = {}
        self._counts: dict[str, int] = {}
        self._causes: dict[str, int] = {}
        self.reload()

    def reload(self) -> None:
        """Read them again, after a transaction was undone."""
        rows = self._database.all("SELECT scope, name, id FROM series")
        self._series = {(str(scope), str(name)): int(id_ or 0) for scope, name, id_ in rows}
        self._counts = {}
        for scope, _ in self._series:
            self._counts[scope] = self._counts.get(scope, 0) + 1
        causes = self._database.all("SELECT name, id FROM cause_names")
        self._causes = {str(name): int(id_ or 0) for name, id_ in causes}

    def series_id(self, series: Series) -> int:
        """Return the number of a series; inside a transaction."""
        known = self._series.get(series)
        if known is not None:
            return known
        scope, name = series
        if len(name) > LONGEST:
            return self.series_id((scope, name[:LONGEST]))
        if self._counts.get(scope, 0) >= MOST.get(scope, MOST_ELSEWHERE) and name != OTHER:
            return self.series_id((scope, OTHER))
        cursor = self._database.execute(
            "INSERT INTO series (scope, name) VALUES (?, ?)", (str(scope), _writable(name))
        )
        number = int(cursor.lastrowid or 0)
        self._series[series] = number
        self._counts[scope] = self._counts.get(scope, 0) + 1
        return number

    def cause_id(self, cause: str) -> int:
        """Return the number of a cause; inside a transaction."""
        known = self._causes.get(cause)
        if known is not None:
            return known
        if len(cause) > LONGEST:
            return self.cause_id(cause[:LONGEST])
        if len(self._causes) >= MOST_CAUSES and cause != OTHER:
            return self.cause_id(OTHER)
        cursor = self._database.execute(
            "INSERT INTO cause_names (name) VALUES (?)", (_writable(cause),)
        )
        number = self._causes[cause] = int(cursor.lastrowid or 0)
        return number


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
