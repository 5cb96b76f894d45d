"""The embedded engine answers small questions as OPA does: every built-in function on odd arguments, and made-up rules.

A difference is allowed in one direction only: the embedded engine refuses or fails, and so denies, where OPA goes on.
What is known to differ otherwise is listed here, and in docs/policy.md.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ports import free_port

from mcp_server.policy.builtins import FORBIDDEN
from mcp_server.policy.guard import Guarded

Answer = tuple[str, Any]
"""value, undefined, error or refused; and the value."""

TEXTS = [
    "", "a", "A", "abc", "0", "-1", "1.5", "a.b", "é", "中文", "😀", "a\u0301", "\x00", "\n", " a b ", "a,b,,c", "aaa", "%",
    "%41+b", '{"a":1}', "[1,2]", "true", "10.0.0.0/8", "10.1.2.3", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "fe80::/10",
    "2026-11-24T00:00:00Z", "2026-11-24t00:00:00z", "2026-11-24T23:59:60Z", "2026-02-30T00:00:00Z", "1h30m", "1.2.3-rc.1",
    "10MB", "1Ki", "1e3", "YWJj", "YWJj=", "616263", "a=1&b=2;c", "^a.*$", "[a-", "(a)(b)?", "\\d+", "\\w", "{", "[a&&b]",
    "a++", "a*", "**", "{a,b}", "a: 07", "a: yes", "ß", "İ", "ΑΣ", "ǆ", "/a/b", "/a~1b/c", "$1x", "UTC", "Asia/Shanghai",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2, 3, 10, 1.5, 0.25, -0.5, 2.5, 1e300, 0.1, 123456789012345678, 2**63 - 1, 1764547200000000000]
SMALL = [0, 1, -1, 2, 3, 64, 1.5, "1", None]
"""For what would fill the memory of either engine."""
LEFT_OUT = {
    *FORBIDDEN,
    *("print", "trace", "time.now_ns", "rego.metadata.chain", "rego.metadata.rule", "walk", "net.cidr_expand"),
}
UNDEFINED_FOR_AN_ERROR = {"array.slice", "json.patch", "regex.replace"}
UNDEFINED_FOR_A_VALUE = {"bits.lsh", "bits.rsh", "json.remove"}
"""For a number such as 2.0, and for an empty path."""
OTHER_VALUE = {
    *("floor",),  # OPA 1.22 says that of -0.5 is 0
    *("json.filter",),  # an empty path
    *("base64.is_valid",),  # line breaks
    *("yaml.is_valid",),  # infinity, and keys that are no text
    *("json.marshal", "json.marshal_with_options"),  # 1.0 is written as 1
    *("product", "sum"),  # the last digit of a fraction
}


class Opa:
    """A server of the reference implementation, asked one module after the other."""

    def __init__(self, program: str, port: int) -> None:
        self.process = subprocess.Popen(
            [program, "run", "--server", "--addr", f"127.0.0.1:{port}", "--disable-telemetry", "--log-level", "error"],
            stderr=subprocess.DEVNULL,
        )
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(200):
            try:
                self._ask("GET", "/health", b"")
                return
            except OSError:
                self._connection.close()
                time.sleep(0.05)
        self.process.kill()
        raise AssertionError("opa does not start")

    def _ask(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        self._connection.request(method, path, body=body)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")

    def accepts(self, text: str) -> bool:
        return self._ask("PUT", "/v1/policies/asked", text.encode())[0] == 200

    def says(self, document: Any) -> Answer:
        body = json.dumps({"input": document}).encode()
        status, answer = self._ask("POST", "/v1/data/asked/p?strict-builtin-errors=true", body)
        if status != 200:
            return "error", None
        return ("value", answer["result"]) if "result" in answer else ("undefined", None)


@pytest.fixture(scope="module")
def server(opa: str) -> Iterator[Opa]:
    running = Opa(opa, free_port())
    yield running
    running.process.kill()
    running.process.wait()


def embedded(guarded: Guarded, document: Any) -> Answer:
    try:
        said = guarded.evaluate("data.asked.p", json.dumps(document))
    except RuntimeError:
        return "error", None
    return ("undefined", None) if said is None else ("value", json.loads(said))


def same(one: Any, other: Any) -> bool:
    """Equality of JSON; fractions to the last digit but one."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or abs(one - other) <= 1e-13 * max(abs(one), abs(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def agrees(ours: Answer, theirs: Answer) -> bool:
    """Whether they say the same, or ours denies."""
    return ours[0] == "error" or (ours[0] == theirs[0] and same(ours[1], theirs[1]))


# --- Built-in functions ---------------------------------------------------------------------------------------------


def anything(chance: random.Random, depth: int = 2) -> Any:
    kind = chance.random()
    if kind < 0.4 or depth == 0:
        return chance.choice(TEXTS)
    if kind < 0.65:
        return chance.choice(NUMBERS)
    if kind < 0.75:
        return chance.choice([None, True, False])
    if kind < 0.88:
        return [anything(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    return {chance.choice(TEXTS[:20]): anything(chance, depth - 1) for _ in range(chance.randint(0, 3))}


def argument(kind: Mapping[str, Any], chance: random.Random) -> Any:
    """Mostly a value of the type that a function declares."""
    if chance.random() < 0.06:
        return anything(chance)
    match kind.get("type"):
        case "string":
            return chance.choice(TEXTS)
        case "number":
            return chance.choice(NUMBERS)
        case "boolean":
            return chance.choice([True, False])
        case "array" if kind.get("static"):
            return [argument(item, chance) for item in kind["static"]]
        case "array":
            return [argument(kind.get("dynamic", {}), chance) for _ in range(chance.randint(0, 3))]
        case "set":
            return [argument(kind.get("of", {}), chance) for _ in range(chance.randint(0, 3))]
        case "object":
            keyed = {item["key"]: argument(item["value"], chance) for item in kind.get("static", ())}
            for _ in range(chance.randint(0, 2) if "dynamic" in kind else 0):
                keyed[chance.choice(TEXTS)] = argument(kind["dynamic"]["value"], chance)
            return keyed
        case "any" if kind.get("of"):
            return argument(chance.choice(kind["of"]), chance)
    return anything(chance)


def of_sets(kind: Mapping[str, Any]) -> bool:
    return kind.get("type") == "set" or any(
        item.get("type") == "set" for item in kind.get("of") or () if kind["type"] == "any"
    )


@pytest.mark.service
def test_built_in_functions(server: Opa, opa: str) -> None:
    declared = json.loads(subprocess.run([opa, "capabilities", "--current"], capture_output=True, check=True).stdout)
    chance = random.Random("built-in functions")
    different: list[str] = []
    asked = 0
    for function in declared["builtins"]:
        name, kinds = function["name"], function["decl"].get("args", [])
        if name in LEFT_OUT or name.startswith(("internal.", "rand.", "uuid.")) or function.get("relation"):
            continue
        given = [f"{{x | some x in input[{i}]}}" if of_sets(kind) else f"input[{i}]" for i, kind in enumerate(kinds)]
        infix = function.get("infix")
        call = f"({given[0]} {infix} {given[1]})" if infix else f"{name}({', '.join(given)})"
        text = f"package asked\n\np := value if value := {call}\n"
        guarded = Guarded([("asked.rego", text)], {})
        if guarded.problems or not server.accepts(text):
            continue
        few = name.startswith(("bits.", "numbers.range"))
        for _ in range(12):
            document = [chance.choice(SMALL) if few else argument(kind, chance) for kind in kinds]
            ours, theirs = embedded(guarded, document), server.says(document)
            asked += 1
            known = (
                ((theirs[0], ours[0]) == ("error", "undefined") and name in UNDEFINED_FOR_AN_ERROR)
                or ((theirs[0], ours[0]) == ("value", "undefined") and name in UNDEFINED_FOR_A_VALUE | UNDEFINED_FOR_AN_ERROR)
                or ((theirs[0], ours[0]) == ("value", "value") and name in OTHER_VALUE)
            )  # fmt: skip
            if not agrees(ours, theirs) and not known:
                different.append(f"{name}{json.dumps(document)}: OPA {theirs}, embedded {ours}")
    assert asked > 1500
    assert not different, "\n".join(different)


# --- Rules ----------------------------------------------------------------------------------------------------------

AROUND = """package asked

rows := [{"n": "a", "v": 1}, {"n": "b", "v": 2}, {"n": "c"}]

default kind := 3

kind := 4 if input.x == 1

part contains row.n if some row in rows

never if input.never

text := "text"

more(a) := a + 1 if is_number(a)

more(a) := concat("", [a, "!"]) if is_string(a)

size(a) := "big" if a > 1

else := "small"

known(a) if a in part

stub(_) := 7

"""
DOCUMENTS: list[Any] = [
    {},
    {"x": 1, "y": "a", "z": None, "list": [1, 2, 3], "map": {"a": {"b": 1}, "c": "d"}},
    {"x": "a", "y": "中", "z": False, "list": [], "map": {}},
    {"x": [1], "y": "ab", "z": "中", "list": ["a", "b", ["a"]], "map": {"a": 1}},
    {"x": 0, "y": "", "list": [None, False], "map": {"a": None}},
]
PLACES = ["input.x", "input.y", "input.z", "input.list", "input.map", "input.map.a", "input.missing", "input.list[0]"]
FUNCTIONS = ["more", "size", "known", "is_string", "is_array", "type_name", "json.marshal"]
STRINGS = ['"a"', '"b"', '""', '"中"', "`x`", "text", "input.y"]
SCALES = ["0", "1", "-1", "2", "1.5", "kind"]
MANY = ["[]", "[1]", "[1, [2]]", "rows", "part", "{1, 2}", '{"a": 1}', "input.list", "input.map"]
LOOPED = [
    *(
        "contains row.v",
        "contains size(row.v)",
        "contains [k, row.n]",
        'contains {"v": row.b, "k": {k}}',
        "contains lower(row.n)",
    ),
    *(
        "contains rows[k].v",
        "contains rows[_].v",
        "contains input.map[row].b",
        "contains [rows[_].v, row.n, input.list[_]]",
    ),
    *("contains sprintf(`%v: %v`, [k, known(row.n)])", "contains (more(row.v) + 1)", "contains [x | some x in row.v]"),
]
CHANGES = [
    'input as {"x": 1}',
    "input.x as 5",
    "data.asked.kind as 9",
    "input.list as [3]",
    "data.asked.more as stub",
    'lower as "q"',
]


class Rules:
    """Makes modules."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def one(self, *of: list[str]) -> str:
        return self.chance.choice([item for some in of for item in some])

    def term(self, depth: int = 2) -> str:
        kind = self.chance.random()
        if depth == 0 or kind < 0.35:
            return self.one(PLACES)
        if kind < 0.5:
            return self.one(STRINGS, SCALES, MANY)
        if kind < 0.6:
            return f"{self.one(FUNCTIONS)}({self.one(PLACES)})"
        if kind < 0.68:
            return f"{self.one(['lower', 'upper', 'trim_space'])}({self.one(STRINGS)})"
        if kind < 0.74:
            form = self.one(['"%v"', '"%d"', '"%s-%v"', '"%q"', '"%.1f"', '"%5v|"'])
            return f"sprintf({form}, [{self.term(0)}])"
        if kind < 0.8:
            return f"({self.one(SCALES)} {self.one(['+', '-', '*', '/', '%'])} {self.one(SCALES)})"
        if kind < 0.85:
            return f"object.get(input, {self.one(STRINGS)}, {self.one(SCALES)})"
        if kind < 0.93:
            left, right = self.chance.choice([("[", "]"), ("{", "}")])
            return f"{left}w | some w in {self.one(MANY)}; {self.statement(depth - 1, 'w')}{right}"
        return f"[{self.term(depth - 1)}, {self.term(depth - 1)}]"

    def statement(self, depth: int = 2, name: str = "") -> str:
        def side() -> str:
            return name if name and self.chance.random() < 0.5 else self.term(depth)

        kind = self.chance.random()
        if kind < 0.1 and depth:
            inside = self.statement(depth - 1, f"e{depth}")
            if self.chance.random() < 0.4:
                inside = self.chance.choice(
                    [f"{side()} = e{depth}", f"n{depth} = e{depth}; {inside}", f"e{depth} = {side()}"]
                )
            return f"every e{depth} in {self.one(MANY)} {{ {inside} }}"
        said = (
            f"{side()} {self.one(['==', '!=', '<', '>=', '=='])} {side()}" if kind < 0.4
            else f"{side()} in {self.one(MANY)}" if kind < 0.55
            else side() if kind < 0.7
            else f"{self.one(['startswith', 'contains', 'endswith'])}({self.one(STRINGS)}, {self.one(STRINGS)})" if kind < 0.8
            else f"more({self.one(PLACES)}) == {side()}" if kind < 0.9
            else f"count({self.one(MANY)}) > {self.one(['0', '1', '2'])}"
        )  # fmt: skip
        said = f"not {said}" if self.chance.random() < 0.35 else said
        return f"{said} with {self.one(CHANGES)}" if self.chance.random() < 0.1 else said

    def module(self) -> str:
        body = "\n\t".join(self.statement() for _ in range(self.chance.randint(1, 3)))
        kind = self.chance.random()
        if kind < 0.4:
            return f"{AROUND}p if {{\n\t{body}\n}}\n"
        if kind < 0.6:
            return f"{AROUND}p := {self.term()} if {{\n\t{body}\n}} else := {self.term()} if {self.statement()}\n"
        if kind < 0.75:
            return f"{AROUND}p contains {self.term()} if {{\n\t{body}\n}}\n\np contains 1 if {self.statement()}\n"
        if kind < 0.85:
            return f"{AROUND}default p := false\n\np := {self.term()} if {{\n\t{body}\n}}\n"
        if kind < 0.92:
            return f"{AROUND}p[k] := v if {{\n\tsome k, v in {self.one(MANY)}\n\t{body}\n}}\n"
        if kind < 0.97:
            # A head that has no value for some of what the body goes through.
            head = self.one(LOOPED)
            loop = f"some k, row in {self.one(['rows', 'input.map', 'input.list', 'input'])}"
            return f"{AROUND}p {head} if {{\n\t{loop}\n\t{self.statement(1, 'row.n')}\n}}\n\np {head} if {loop}\n"
        return f"{AROUND}p := {self.term(3)}\n"


@pytest.mark.service
def test_rules(server: Opa) -> None:
    rules = Rules("rules")
    different: list[str] = []
    asked = 0
    for _ in range(260):
        text = rules.module()
        guarded = Guarded([("asked.rego", text)], {})
        if guarded.problems or not server.accepts(text):
            continue  # what only OPA refuses (types that cannot fit) is no rule of a pack that passes `opa check`
        for document in DOCUMENTS:
            ours, theirs = embedded(guarded, document), server.says(document)
            asked += 1
            # An error that one engine does not come to, because another statement of the body is false already.
            if not agrees(ours, theirs) and theirs[0] != "error":
                different.append(f"{text.removeprefix(AROUND)}\n{json.dumps(document)}: OPA {theirs}, embedded {ours}")
    assert asked > 500
    assert not different, "\n".join(different)
