"""Readings as Apache Parquet, written and read row group by row group; pyarrow is imported only when it is needed."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from drivers.model import Value
from gateway.archive.csv_sheet import Numbered
from gateway.archive.errors import BadFile, BadLine, NoParquet
from gateway.archive.table import Cells, Columns, Kind, Row

GROUP = 50_000
"""Rows of a row group: what is in memory at a time."""
READ = 1_000
EXACT = 2**53
VALUES = ("number", "flag", "text")
"""The columns of a value; an integer that a double does not hold stands in `text` as well."""
NEEDED = frozenset({"point", "source_at", *VALUES})


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow  # type: ignore[import-untyped] # ships no types
        import pyarrow.parquet  # type: ignore[import-untyped] # ships no types
    except ImportError:
        raise NoParquet("Parquet needs pyarrow; install it with the extra: pip install 'semarak[parquet]'") from None
    return pyarrow, pyarrow.parquet


class _Drain(io.RawIOBase):
    """A file that is taken away while it is written: it only knows how far it is."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


class ParquetSheet:
    """A Parquet file being written; raises NoParquet."""

    def __init__(self, columns: Columns) -> None:
        self._pa, parquet = _arrow()
        self._columns = columns
        self._out = _Drain()
        self._schema = self._pa.schema([field for name, kind in columns.items() for field in self._fields(name, kind)])
        self._writer = parquet.ParquetWriter(self._out, self._schema, compression="zstd")
        self._group: list[Any] = []
        self._rows = 0

    def _fields(self, name: str, kind: Kind) -> list[tuple[str, Any]]:
        pa = self._pa
        if kind is Kind.VALUE:
            return list(zip(VALUES, (pa.float64(), pa.bool_(), pa.string()), strict=True))
        kinds = {
            Kind.TEXT: pa.string(),
            Kind.TIME: pa.timestamp("ns", "UTC"),
            Kind.NUMBER: pa.float64(),
            Kind.COUNT: pa.int64(),
        }
        return [(name, kinds[kind])]

    def begin(self) -> bytes:
        """Return the magic bytes."""
        return self._out.taken()

    def add(self, rows: Sequence[Row]) -> bytes:
        """Return the row group that is complete with these rows, or nothing yet."""
        if rows:
            self._group.append(self._batch(rows))
            self._rows += len(rows)
        if self._rows >= GROUP:
            self._write()
        return self._out.taken()

    def end(self) -> bytes:
        """Return the last row group and the footer."""
        if self._rows:
            self._write()
        self._writer.close()
        return self._out.taken()

    def _batch(self, rows: Sequence[Row]) -> Any:
        arrays: list[Sequence[Value | None]] = []
        for kind, cells in zip(self._columns.values(), zip(*rows, strict=True), strict=True):
            arrays += _typed(cells) if kind is Kind.VALUE else [cells]
        made = [self._pa.array(cells, field.type) for cells, field in zip(arrays, self._schema, strict=True)]
        return self._pa.record_batch(made, schema=self._schema)

    def _write(self) -> None:
        self._writer.write_table(self._pa.Table.from_batches(self._group, self._schema), row_group_size=2 * GROUP)
        self._group, self._rows = [], 0


def _typed(cells: Sequence[Value | None]) -> list[Sequence[Value | None]]:
    """Return values as numbers, flags and texts."""
    numbers: list[Value | None] = []
    flags: list[Value | None] = []
    texts: list[Value | None] = []
    for cell in cells:
        flag, number = isinstance(cell, bool), isinstance(cell, int | float)
        numbers.append(_double(cell) if cell is not None and number and not flag else None)
        flags.append(cell if flag else None)
        texts.append(_spelt(cell))
    return [numbers, flags, texts]


def _spelt(cell: Value | None) -> str | None:
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode()
    return str(cell) if isinstance(cell, int) and abs(cell) > EXACT else None


def _double(cell: Value) -> float:
    try:
        return float(cell)
    except OverflowError:
        return float("inf")


def lines(file: BinaryIO) -> Iterator[Numbered]:
    """Yield the rows, numbered from 1; raise BadFile when there are none to be read, or NoParquet."""
    pa, parquet = _arrow()
    number = 0
    try:
        source = parquet.ParquetFile(file)
        _check(source.schema_arrow, pa)
        for batch in source.iter_batches(batch_size=READ):
            for row in _rows(batch, pa):
                number += 1
                yield number, row
    except (pa.ArrowException, OSError) as error:
        raise BadFile(f"after row {number}: no Parquet that can be read: {str(error)[:200]}") from None


def _check(schema: Any, pa: Any) -> None:
    if missing := sorted(NEEDED - set(schema.names)):
        raise BadFile(f"the file lacks the columns {', '.join(missing)}; it has {', '.join(schema.names)[:200]}")
    for name in ("source_at", "received_at"):
        if name in schema.names and not (pa.types.is_timestamp(schema.field(name).type) and schema.field(name).type.tz):
            raise BadFile(f"the column {name} must be timestamps with a time zone, not {schema.field(name).type}")


def _rows(batch: Any, pa: Any) -> Iterator[Cells | BadLine]:
    columns: dict[str, list[Any]] = {}
    for name in batch.schema.names:
        column = batch.column(name)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
        columns[name] = column.to_pylist()
    for place in range(batch.num_rows):
        yield _row({name: cells[place] for name, cells in columns.items()})


def _row(given: Mapping[str, Any]) -> Cells | BadLine:
    if given["point"] is None or given["source_at"] is None:
        return BadLine("a point and a source_at are needed")
    value = next((given[name] for name in ("text", "flag", "number") if given[name] is not None), None)
    unit, quality, reason = (str(given.get(name) or "") for name in ("unit", "quality", "reason"))
    return Cells(str(given["point"]), given["source_at"], given.get("received_at"), value, unit, quality, reason)
