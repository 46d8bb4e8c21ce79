"""The tiles as a list, with an order that holds still while somebody points at them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hl7console.ui.monitor.tiles import Tile

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()

Key = tuple[str, str]


class TileModel(QAbstractListModel):
    """Tiles in their order. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tiles: list[Tile] = []
        self._all: list[Tile] = []
        self._words: list[str] = []
        self._is_held = False

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these, in this order unless the order is held."""
        self._all = list(tiles)
        self._show()

    def set_filter(self, text: str) -> None:
        """Show only tiles that have all words of a text in their name or state."""
        self._words = text.casefold().split()
        self._show()

    @property
    def total(self) -> int:
        """How many there are, shown or not."""
        return len(self._all)

    def hold(self, *, is_held: bool) -> None:
        """Keep the order as it is, or let it follow again."""
        self._is_held = is_held
        if not is_held:
            self._show()

    def row_of(self, key: Key) -> int:
        """Return where a tile stands; -1 where it is not shown."""
        return next((row for row, tile in enumerate(self.tiles) if tile.key == key), -1)

    def _show(self) -> None:
        wanted = [tile for tile in self._all if self._matches(tile)]
        if self._is_held:
            places = {tile.key: place for place, tile in enumerate(self.tiles)}
            wanted.sort(key=lambda tile: places.get(tile.key, len(places)))
        if [tile.key for tile in wanted] == [tile.key for tile in self.tiles]:
            self._change(wanted)
        elif {tile.key for tile in wanted} == {tile.key for tile in self.tiles}:
            self._reorder(wanted)
        else:
            self.beginResetModel()
            self.tiles = wanted
            self.endResetModel()

    def _change(self, wanted: list[Tile]) -> None:
        before, self.tiles = self.tiles, wanted
        changed = [row for row, tile in enumerate(wanted) if tile != before[row]]
        for first, last in _runs(changed):
            self.dataChanged.emit(self.index(first), self.index(last))

    def _reorder(self, wanted: list[Tile]) -> None:
        """Move rows; what is chosen goes along with its tile."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = {tile.key: row for row, tile in enumerate(wanted)}
        after = [self.index(places[self.tiles[index.row()].key]) for index in before]
        self.tiles = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _matches(self, tile: Tile) -> bool:
        if not self._words:
            return True
        text = f"{tile.name} {tile.kind} {tile.word} {tile.environment}".casefold()
        return all(word in text for word in self._words)

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.tiles)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.tiles):
            return None
        tile = self.tiles[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return tile.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return tile.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join((f"{tile.name} · {tile.kind} · {tile.pill}", *tile.lines))
        return None


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return rows as runs of neighbours."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
