"""Packs of Rego and data as they lie on disk, read whole and joined into the one that is loaded.

The layout is OPA's bundle layout: `*.rego` anywhere, `data.json` and `data.yaml` placed in `data` by their folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import yaml

from mcp_server.policy.errors import PolicyInvalid, Problem
from mcp_server.policy.modules import Module

SHIPPED = Path(__file__).parents[2] / "policies"
"""The pack that comes with Yumen."""

MAX_FILE = 64 << 20
"""Bytes that one file of a pack may have."""
MAX_FILES = 10_000


@dataclass(frozen=True, eq=False)
class Pack:
    """Modules and data that are evaluated together."""

    modules: tuple[Module, ...]
    data: Mapping[str, Any]
    revision: str
    """'sha256:<hex>' over all modules and data."""
    source: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Every file by path, for those who want to read it."""
    rego_v0: bool = False
    """Read as OPA before 1.0 did, without `if` and `contains`."""

    def without_tests(self) -> Pack:
        """What is evaluated for decisions: tests stay outside, and so does what only they need."""
        modules = tuple(module for module in self.modules if not module.is_test)
        return replace(self, modules=modules)


def load_pack(folder: Path, *, prefix: str = "") -> Pack:
    """Read the pack in `folder`. `prefix` goes before every path in messages.

    Raises PolicyInvalid.
    """
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in files_of(folder):
        name = path.relative_to(folder).as_posix()
        try:
            if path.stat().st_size > MAX_FILE:
                raise ValueError(f"larger than {MAX_FILE} bytes")
            files[name] = path.read_bytes()
        except (OSError, ValueError) as error:
            problems.append(Problem(prefix + name, 0, 0, str(error)))
    if problems:
        raise PolicyInvalid(problems)
    return parse_pack(files, source=str(folder), prefix=prefix)


def parse_pack(files: Mapping[str, bytes], *, source: str, prefix: str = "") -> Pack:
    """The pack that `files`, content by path, make up. Raises PolicyInvalid."""
    modules: list[Module] = []
    data: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for inside, content in sorted(files.items()):
        folders, file = inside.split("/")[:-1], inside.split("/")[-1]
        name = prefix + inside
        try:
            text = content.decode("utf-8")
            texts[name] = text
            if file.endswith(".rego"):
                modules.append(Module(name, text))
            elif file in ("data.json", "data.yaml"):
                value = orjson.loads(text) if file.endswith(".json") else _json_only(yaml.safe_load(text))
                _place(data, folders, value)
        except UnicodeDecodeError as error:
            problems.append(Problem(name, 0, 0, f"not UTF-8 at byte {error.start}"))
        except orjson.JSONDecodeError as error:
            problems.append(Problem(name, error.lineno, error.colno, error.msg))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            problems.append(Problem(name, line, column, error.problem or "not YAML"))
        except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
            problems.append(Problem(name, 0, 0, str(error)))
    if problems:
        raise PolicyInvalid(problems)
    return _pack(modules, data, texts, source)


def files_of(folder: Path) -> list[Path]:
    """The files that make up the pack in `folder`, in one fixed order; hidden ones and caches left out.

    Raises PolicyInvalid if `folder` is not a folder or holds too much.
    """
    if not folder.is_dir():
        raise PolicyInvalid([Problem(str(folder), 0, 0, "no such folder")])
    found = [
        path
        for path in folder.rglob("*")
        if path.suffix in (".rego", ".json", ".yaml")
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
    if len(found) > MAX_FILES:
        raise PolicyInvalid([Problem(str(folder), 0, 0, f"more than {MAX_FILES} files")])
    return sorted(found)


def join(shipped: Pack, teams: Sequence[Pack], *, replace: Iterable[str] = ()) -> Pack:
    """The shipped pack with those of the team on top.

    A team pack may not add to a package of the shipped one, except to those named in `replace`, which it then
    replaces as a whole. Its data may change what lies under `config`, and add what is new elsewhere. Lists are replaced; those
    of entries with an `id` are joined by it.

    Raises PolicyInvalid.
    """
    replaceable = set(replace)
    taken = {module.package: module.path for module in shipped.modules if not module.is_test}
    problems: list[Problem] = []
    replaced: set[str] = set()
    data: dict[str, Any] = dict(shipped.data)
    for team in teams:
        for module in team.modules:
            if module.package in replaceable:
                replaced.add(module.package)
            elif module.package in taken:
                message = (
                    f"package {module.package} belongs to {taken[module.package]}; "
                    "name it in policy.replace_packages to replace it"
                )
                problems.append(Problem(module.path, 0, 0, message))
        data = _overlay(data, team.data, (), problems, team.source)
    if problems:
        raise PolicyInvalid(problems)
    modules = [
        module
        for module in shipped.modules
        if module.package not in replaced and not (module.is_test and _tested(module.package, taken) in replaced)
    ]
    texts = dict(shipped.texts)
    for team in teams:
        modules.extend(team.modules)
        texts.update(team.texts)
    return _pack(modules, data, texts, shipped.source)


def _tested(package: str, packages: Iterable[str]) -> str:
    """Which package the test package `a.b_test`, or `a.b_more_words_test`, is about: the longest name that fits."""
    return max((name for name in packages if package.startswith(f"{name}_")), key=len, default="")


def _pack(modules: Sequence[Module], data: Mapping[str, Any], texts: Mapping[str, str], source: str) -> Pack:
    digest = hashlib.sha256()
    for module in sorted(modules, key=lambda module: module.path):
        digest.update(orjson.dumps([module.path, hashlib.sha256(module.text.encode()).hexdigest()]))
    digest.update(orjson.dumps(data, option=orjson.OPT_SORT_KEYS))
    return Pack(tuple(modules), data, "sha256:" + digest.hexdigest(), source, texts)


def _place(data: dict[str, Any], folders: Sequence[str], value: object) -> None:
    for name in folders:
        data = data.setdefault(name, {})
    if not isinstance(value, dict):
        raise ValueError("must hold an object")
    for key in value:
        if key in data:
            raise ValueError(f"{key!r} is given by another data file of this folder")
    data.update(value)


def _overlay(
    base: Mapping[str, Any], over: Mapping[str, Any], at: tuple[str, ...], problems: list[Problem], source: str
) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        path = (*at, key)
        current = result.get(key)
        if isinstance(current, Mapping) and isinstance(value, Mapping):
            result[key] = _overlay(current, value, path, problems, source)
        elif path[0] == "config" and _have_ids(current) and _have_ids(value):
            result[key] = list({entry["id"]: entry for entry in [*(current or ()), *value]}.values())
        elif key in result and path[0] != "config":
            problems.append(Problem(source, 0, 0, f"data.{'.'.join(path)} is given by another pack"))
        else:
            result[key] = value
    return result


def _have_ids(value: object) -> bool:
    """Such lists are joined: an entry takes the place of that of the same id, or comes behind."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, Mapping) and isinstance(entry.get("id"), str) for entry in value)
    )


def _json_only(value: object) -> object:
    """`value` if JSON can express it. YAML knows dates, sets and keys that are no strings."""
    return orjson.loads(orjson.dumps(value))
