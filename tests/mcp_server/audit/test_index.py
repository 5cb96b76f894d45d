"""The index is disposable: emptied, damaged or rebuilt beside a server, it says again what the segments say."""

from __future__ import annotations

from pathlib import Path

from mcp_server.audit.index import NAME, Filters, Index
from mcp_server.audit.reading import acknowledged


def found(index: Index) -> list[int]:
    return [place.seq for place in index.find(Filters(tenant=""), 1000)]


def test_a_server_goes_on_with_an_index_that_was_rebuilt_beside_it(directory: Path, write_log) -> None:
    write_log(directory, commits=10, each=3)
    size = acknowledged(directory)
    server, command = Index(directory), Index(directory)
    server.catch_up(size)
    before = found(server)
    assert command.rebuild(size) == size
    assert found(server) == found(command) == before
    command.close()
    server.close()
    again = Index(directory)
    assert found(again) == before
    again.close()


def test_a_damaged_index_is_built_again(directory: Path, write_log) -> None:
    write_log(directory, commits=10, each=3)
    size = acknowledged(directory)
    index = Index(directory)
    index.catch_up(size)
    before = found(index)
    index.close()
    path = directory / NAME
    path.write_bytes(b"not a database" + path.read_bytes()[14:])
    index = Index(directory)
    index.catch_up(size)
    assert found(index) == before
    page = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.seek(page)
        file.write(b"\xff" * 4096)
    assert index.rebuild(size) == size
    assert found(index) == before
    index.close()
