"""Parquet files, a bounded batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scanners.datasets.batches import MAX_CELLS, Batch, Gathering
from scanners.datasets.cells import Cell, Editor
from scanners.datasets.nested import flattened, texts, with_texts
from scanners.errors import UnreadableInput
from scanners.personal_data.find import find

if TYPE_CHECKING:
    import pyarrow as pa


def read(path: Path, encoding: str) -> Iterator[Batch]:
    """The rows of every row group; one that is damaged is named. Raises UnreadableInput."""
    from pyarrow import ArrowException

    with _opened(path) as file:
        names = tuple(file.schema_arrow.names)
        gathering = Gathering(path.name, names)
        places = {name: place for place, name in enumerate(names)}
        for group in range(file.num_row_groups):
            try:
                for record in _records(file, group):
                    for row in zip(*(column.to_pylist() for column in record.columns), strict=True):
                        cells: dict[int, str] = {}
                        for name, value in zip(names, row, strict=True):
                            for column, text in flattened(value, name).items():
                                cells[places.setdefault(column, len(places))] = text
                        gathering.columns = tuple(places)
                        yield from gathering.add(tuple(cells.get(place, "") for place in range(len(places))))
            except (ArrowException, OSError, ValueError) as error:
                gathering.unreadable(f"row group {group}", f"damaged ({type(error).__name__})")
        yield from gathering.rest()


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """The file with its cells edited: the same columns, types and compression. A number or date that is taken out
    becomes null; a damaged row group is left out and named; metadata is kept where nothing personal is in it.
    """
    from pyarrow import ArrowException, parquet

    with _opened(path) as file:
        schema = _without_personal_metadata(file.schema_arrow)
        row = 0
        with parquet.ParquetWriter(output, schema, compression=_compression(file)) as writer:
            for group in range(file.num_row_groups):
                records = _records(file, group)
                while True:
                    try:
                        record = next(records, None)
                    except (ArrowException, OSError, ValueError) as error:
                        editor.unread(path.name, f"row group {group}", f"damaged ({type(error).__name__})")
                        break
                    if record is None:
                        break
                    writer.write_batch(_edited(path.name, record, schema, row, editor))
                    row += record.num_rows


def _edited(table: str, record: pa.RecordBatch, schema: pa.Schema, row: int, editor: Editor) -> pa.RecordBatch:
    import pyarrow

    values = [column.to_pylist() for column in record.columns]
    cells: list[Cell] = []
    places: list[tuple[int, int, tuple[str | int, ...]]] = []
    for number, (name, column) in enumerate(zip(schema.names, values, strict=True)):
        for at, value in enumerate(column):
            for place, shown, text in texts(value, name):
                cells.append(Cell(row + at + 1, shown, text))
                places.append((number, at, place))
    changed: dict[tuple[int, int], dict[tuple[str | int, ...], str]] = {}
    for (number, at, place), cell, after in zip(places, cells, editor.edited(table, cells), strict=True):
        if after != cell.text:
            changed.setdefault((number, at), {})[place] = after
    touched = {number for number, _ in changed}
    for (number, at), new in changed.items():
        values[number][at] = with_texts(values[number][at], new)
    columns = [
        _array(values[number], field) if number in touched else record.columns[number]
        for number, field in enumerate(schema)
    ]
    return pyarrow.RecordBatch.from_arrays(columns, schema=schema)


def _array(values: list[Any], field: pa.Field) -> pa.Array:
    import pyarrow

    if not field.nullable and any(value is None for value in values):
        raise UnreadableInput(
            f"the column {field.name!r} is of type {field.type} and may not be empty, so nothing can be taken out of it",
            remedy="make it nullable, or use format_preserving for it",
        )
    try:
        return pyarrow.array(values, type=field.type)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, pyarrow.ArrowTypeError):
        return pyarrow.array(values).cast(field.type)


def _opened(path: Path) -> Any:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise UnreadableInput(
            "Parquet files need the extra 'datasets'", remedy="pip install 'yumen[datasets]'"
        ) from error
    try:
        return parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise UnreadableInput(f"{path.name} is not a Parquet file", detail=str(error)) from error


def _records(file: Any, group: int) -> Iterator[pa.RecordBatch]:
    rows_each = max(1, MAX_CELLS // max(1, len(file.schema_arrow.names)))
    return iter(file.iter_batches(batch_size=rows_each, row_groups=[group]))


def _compression(file: Any) -> str:
    """That of the first column chunk."""
    if not file.num_row_groups or not file.metadata.num_columns:
        return "snappy"
    name = file.metadata.row_group(0).column(0).compression.lower()
    return "none" if name == "uncompressed" else str(name)


def _without_personal_metadata(schema: pa.Schema) -> pa.Schema:
    """The schema without what an application wrote into it, unless that is text in which nothing is found."""
    import pyarrow

    fields = [field.remove_metadata() for field in schema]
    kept = {key: value for key, value in (schema.metadata or {}).items() if not _is_personal(key + b" " + value)}
    return pyarrow.schema(fields, metadata=kept or None)


def _is_personal(raw: bytes) -> bool:
    try:
        found = find(raw.decode(), seconds=2.0)
    except UnicodeDecodeError:
        return True
    return bool(found.entities or found.unread)
