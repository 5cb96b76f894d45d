"""A team's data over the shipped configuration: what no rule reads is misspelt, and a misspelt bar bars nobody."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mcp_server.policy.errors import Problem
from mcp_server.policy.packs import Pack

_KEYS: Final[Mapping[tuple[str, ...], str]] = {
    ("authz", "roles", "*"): "description grants",
    ("authz", "roles", "*", "grants", "#"): "kind families risks names",
    ("authz", "scopes"): "step_up",
    ("authz", "tools", "*"): "risk roles",
    ("authz", "conditions", "*"): "tools families risks purposes hours approval",
    ("authz", "conditions", "*", "hours"): "from until days zone",
    ("authz", "conditions", "*", "approval"): "approvers roles lifetime",
    ("authz", "break_glass"): "roles grants approval",
    ("authz", "break_glass", "approval"): "approvers roles lifetime",
    ("authz", "tenants"): "barred",
    ("authz", "file_roots"): "default tenants roles",
    ("residency", "routes", "#"): "origins destinations tenants places recipient purpose legal_basis volumes exporter "
    "safeguards frequency transaction",
    ("residency", "routes", "#", "recipient"): "name jurisdiction role programs covered_person restricted",
    ("residency", "routes", "#", "volumes"): "persons sensitive_persons",
    ("residency", "routes", "#", "exporter"): "cii_operator public_authority",
    ("residency", "rules", "#"): "id origins destinations not_destinations data_classes effect any_of step message "
    "reference inside",
}
"""The keys that rules read below a topic of `config`, where the shipped data does not show them all: '*' is any name, '#' any
entry of a list."""
_EFFECTS: Final = ("allow", "deny", "needs_step")
_WORDS: Final = frozenset({"description", "comment", "id", "title"})
"""May stand anywhere, for people."""


def misspelt(shipped: Pack, team: Pack) -> list[Problem]:
    """Keys of `team` below `config` that no shipped rule reads, though the topic is a shipped one."""
    topics = shipped.data.get("config", {})
    given = team.data.get("config", {})
    if not isinstance(given, Mapping):
        return [Problem(team.source, 0, 0, "data.config holds no topics")]
    return [Problem(team.source, 0, 0, words) for words in _strange(topics, given)]


def _strange(topics: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    for topic, value in given.items():
        if topic not in topics:
            # A topic of the team's own is for rules of its own; one that is nearly a shipped one is a slip.
            if near := difflib.get_close_matches(topic, topics, 1, 0.8):
                yield f"data.config.{topic} is read by no rule; data.config.{near[0]} is"
        elif isinstance(value, Mapping):
            yield from _unknown(f"data.config.{topic}", value, topics[topic])
            for pattern, keys in _KEYS.items():
                if pattern[0] == topic:
                    for place, found in _at(f"data.config.{topic}", value, pattern[1:]):
                        yield from _unknown(place, found, keys.split())
        else:
            yield f"data.config.{topic} must hold an object"
    for place, rule in _at("data.config.residency", given.get("residency"), ("rules", "#")):
        if rule.get("effect") not in _EFFECTS:
            yield f"{place}.effect must be one of {', '.join(_EFFECTS)}"


def _unknown(place: str, value: Mapping[str, Any], known: Iterable[str]) -> Iterator[str]:
    names = list(known)
    for key in value:
        if key not in names and key not in _WORDS:
            near = difflib.get_close_matches(key, names, 1, 0.6)
            meant = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
            yield f"{place}.{key} is read by no rule{meant}"


def _at(place: str, value: object, pattern: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects at `pattern` below `value`, each with where it stands."""
    if not pattern:
        if isinstance(value, Mapping):
            yield place, value
    elif pattern[0] == "#":
        for number, entry in enumerate(value if isinstance(value, list) else ()):
            yield from _at(f"{place}[{number}]", entry, pattern[1:])
    elif isinstance(value, Mapping):
        for key in value if pattern[0] == "*" else (pattern[0],):
            yield from _at(f"{place}.{key}", value.get(key), pattern[1:])
