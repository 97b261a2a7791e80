"""Columns in a terminal, where a Chinese character is two cells wide."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return each row as a line whose columns begin where those of the others do."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]
