"""Makes the tables of callables, offline: `python -m scanners.model_scan.generate`.

    ml/bin/python scanners/model_scan/generate/instances /tmp/instances
    python -m scanners.model_scan.generate --out scanners/model_scan/data --observed /tmp/instances \
        sklearn=/path/to/site-packages/sklearn torch=/path/to/site-packages/torch …

Three tables: `capabilities.json` (functions and classes from which a static call graph reaches a dangerous primitive,
and under which other names modules offer them), `inert_packs.json` (classes and functions of the named packages that a
loader may call, make or name), and `observed.json` (what real objects of these packages ask for, with the shape of the
arguments). Classes known of earlier versions of a package stay restorable.
"""

from __future__ import annotations

import argparse
import datetime
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from scanners.model_scan import callables as words
from scanners.model_scan.generate.call_graph import ORDER, CallGraph
from scanners.model_scan.generate.observed import Observed, observe, shape_table
from scanners.model_scan.generate.sources import parse_package, standard_library
from scanners.model_scan.generate.tables import (
    Capable,
    Names,
    alias_table,
    constructors,
    library_capabilities,
    package_capabilities,
    quiet_functions,
    reconstructors,
    restorable_classes,
    value_classes,
)
from scanners.model_scan.vocabulary import words as word_list

_NUMERIC = ("sklearn", "scipy", "numpy")
_NOT_MODELS = tuple(f"{name}." for name in word_list("generate.not_models"))


def main() -> int:
    """Write the tables into --out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--observed", type=Path, help="folder of pickles by instances")
    parser.add_argument("packages", nargs="*", help="name=folder of a package's sources")
    options = parser.parse_args()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    library = list(standard_library())
    full = CallGraph(library)
    capable = library_capabilities(full)
    made: Capable = {}
    aliases = alias_table(full, capable)
    called: Names = {}
    restorable, referable = _earlier(options.out)
    refused: Names = defaultdict(set)
    for package in options.packages:
        name, _, folder = package.partition("=")
        graph = CallGraph([*parse_package(name, Path(folder)), *library])
        graph.modules = {key: module for key, module in graph.modules.items() if key.partition(".")[0] == name}
        quiet = restorable_classes(graph)
        for module in graph.modules.values():
            refused[module.name] |= set(module.classes) - quiet[module.name]
        for found in (value_classes(graph), reconstructors(graph)):
            _join(called, found)
        _join(restorable, quiet)
        if name in _NUMERIC:
            for module_name, functions in quiet_functions(graph).items():
                referable.setdefault(module_name, set()).update(functions)
        own, own_classes = package_capabilities(graph), constructors(graph)
        capable.update(own)
        made.update(own_classes)
        for offered in (own, own_classes):
            for importing, by in alias_table(graph, offered).items():
                for home, names in by.items():
                    aliases.setdefault(importing, {}).setdefault(home, set()).update(names)
    restorable = {module: names - refused.get(module, set()) for module, names in restorable.items()}
    codes = {capability: str(number) for number, capability in enumerate(ORDER)}
    _write(
        options.out / "capabilities.json",
        {
            "version": today,
            "capabilities": {code: word for word, code in codes.items()},
            "modules": _coded(capable, codes),
            "constructors": _coded(made, codes),
            "aliases": {
                module: {home: " ".join(sorted(names)) for home, names in by.items()}
                for module, by in sorted(aliases.items())
            },
        },
    )
    _write(
        options.out / "inert_packs.json",
        {
            "version": today,
            "modules": _joined(called),
            "restorable": _joined({module: names - called.get(module, set()) for module, names in restorable.items()}),
            "referable": {module: " ".join(sorted(names)) for module, names in sorted(referable.items()) if names},
        },
    )
    if options.observed is not None:
        words.forget_tables()
        _write(options.out / "observed.json", {"version": today, **_observations(observe(options.observed), refused)})
    return 0


def _observations(seen: Observed, refused: Names) -> dict[str, Any]:
    """`refused`: classes that do more when they are restored than take their state, so that no state may be given."""
    quiet = {where: how for where, how in seen.made.items() if where[1] not in refused.get(where[0], ())}
    calls, made = shape_table(seen.called), shape_table(quiet)
    named: Names = defaultdict(set)
    for module, name in sorted(seen.named):
        if words.standing(module, name).kind == "unknown" and "__main__" not in module:
            named[module].add(name)
    return {"called": calls, "made": made, "named": _joined(named)}


def _earlier(out: Path) -> tuple[Names, Names]:
    """What the present table says may be made without `__init__`, and named: true of the versions it was made from."""
    path = out / "inert_packs.json"
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    restorable: Names = {}
    for kind in ("modules", "restorable"):
        _join(restorable, {module: set(names.split()) for module, names in table.get(kind, {}).items()})
    return restorable, {module: set(names.split()) for module, names in table.get("referable", {}).items()}


def _coded(table: Capable, codes: dict[str, str]) -> dict[str, dict[str, str]]:
    return {
        module: {codes[word]: " ".join(names) for word, names in by.items()} for module, by in sorted(table.items())
    }


def _join(table: Names, found: Names) -> None:
    for module, names in found.items():
        if not f"{module}.".startswith(_NOT_MODELS):
            table.setdefault(module, set()).update(names)


def _joined(table: Names) -> dict[str, str]:
    return {
        module: " ".join(sorted(names))
        for module, names in sorted(table.items())
        if names and not f"{module}.".startswith(_NOT_MODELS)
    }


def _write(path: Path, table: dict[str, Any]) -> None:
    path.write_text(json.dumps(table, indent=0, sort_keys=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
