"""What the engine by itself would accept, ignore or find out too late."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mcp_server.policy.guard import Guarded, explained

GOOD = "package good\n\nright := 1\n"


def guarded(*texts: str, data: dict[str, Any] | None = None) -> Guarded:
    return Guarded([(f"m{number}.rego", text) for number, text in enumerate(texts)], data or {})


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("package a\n\np if {\n", 4, ""),
        ("p := 1\n", 1, ""),
        ("", 1, ""),
        ("package a\n\np if { q := z }\n", 3, "unsafe"),
        ("package a\n\np if { not x }\n", 3, "unsafe"),
        ("package a\n\nf(x) := y if x\n", 3, "unsafe"),
        ("package a\n\nf(x) := 1 if x == y\n", 3, "unsafe"),
        ("package a\n\nf(x) := {1: [y]} if { z := x }\n", 3, "unsafe"),
        ("package a\n\nf(x) := 1 if {\n\tx\n} else := y\n", 5, "unsafe"),
        ("package a\n\nf(x) := [z | y := x]\n", 3, "unsafe"),
        ("package a\n\nf(x) := [y | y := z]\n", 0, "unsafe"),
        ("package a\n\nf(x) := y if z := [y | some y in x]\n", 3, "var y is unsafe"),
        ("package a\n\nf(x) := y if {\n\tevery y in x { y }\n}\n", 3, "var y is unsafe"),
        ("package a\n\np := y if z := {y | some y in input.x}\n", 3, "var y is unsafe"),
        ("package a\n\np contains y if z := {y: 1 | some y in input.x}\n", 3, "var y is unsafe"),
        ("package a\n\np[y] := 1 if z := [y | some y in input.x]\n", 3, "var y is unsafe"),
        ('package a\n\np := sprintf("%*d", [5, 1])\n', 3, "%*d in a format is not supported"),
        ("package a\n\np := sprintf(`%v %p`, [1, true])\n", 3, "%p in a format is not supported"),
        ("package a\n\np if not input.a[_]\n", 3, "var _ is unsafe"),
        ("package a\n\nf(x) := f(x)\n", 3, "f calls itself"),
        ("package a\n\nimport data.a as me\n\nf(x) := me.g(x)\n\ng(x) := data.a.f(x)\n", 5, "f calls itself"),
        ("package a\n\nf(x) := x\n\nf(x, y) := y\n", 5, "a function of 2 argument(s)"),
        ("package a\n\nf := 1\n\nf(x) := x\n", 5, "and no function at m1.rego:3"),
        ("package a\n\ndefault p := 1\n\ndefault p := 2\n", 5, "p has a default above"),
        ("package a\n\np if {\n\tnot input.a[_].b == 1\n}\n", 4, "var _ is unsafe"),
        ("package a\n\np := yaml.marshal(1)\n", 3, "yaml.marshal may not be called"),
        ("package a\n\np := json.match_schema({}, {})\n", 3, "json.match_schema may not be called"),
        ("package a\n\nf(x) := y if {\n\tx := 1\n\ty := x\n}\n", 4, "var x is declared above"),
        ("package a\n\nf([x]) if {\n\t[y, x] := [1, 2]\n\ty == x\n}\n", 4, "var x is declared above"),
        ("package a\n\np if {\n\tsome x, y\n\ty := 1\n\tx = y\n}\n", 5, "var y is declared above"),
        ("package a\n\np if {\n\tevery x in [1] {\n\t\tx := 2\n\t}\n}\n", 5, "var x is declared above"),
        ("package a\n\np if foo(1)\n", 3, "unknown function foo"),
        ("package a\n\np if { false; crypto.nonsense(1) }\n", 3, "unknown function crypto.nonsense"),
        ("package a\n\nimport data.b\n\np if b.f(1)\n", 5, "unknown function b.f"),
        ("package a\n\np if data.good.nope(1)\n", 3, "unknown function data.good.nope"),
        ("package a\n\nf(x) := x\n\np := f(1, 2)\n", 5, "arguments"),
        ('package a\n\np := http.send({"url": "https://example.org"})\n', 3, "http.send may not be called"),
        ("package a\n\np := opa.runtime()\n", 3, "opa.runtime may not be called"),
        ("package a\n\np := rand.intn(1, 2)\n", 3, "rand.intn may not be called"),
        (
            'package a\n\np := crypto.x509.parse_certificates("x")\n',
            3,
            "unknown function crypto.x509.parse_certificates",
        ),
        ('package a\n\np := graphql.is_valid("a", "b")\n', 3, "unknown function graphql.is_valid"),
        ("package a\n\np := rego.metadata.rule()\n", 3, "unknown function rego.metadata.rule"),
        ('package a\n\np := $"x {input.y}"\n', 3, ""),
        ("package a\n\np if p\n", 3, "recursion"),
        ("package a\n\np := 1\n\np := 2\n", 5, "conflicts"),
        ("package a\n\np := 1\n\np contains 2\n", 5, "not a set"),
        ('package a\n\np if walk(input, [["x"], _])\nq := io.jwt.encode_sign({}, {}, {})\n', 4, "may not be called"),
    ],
)
def test_a_broken_module_is_named_with_its_line(text: str, line: int, words: str) -> None:
    problems = guarded(GOOD, text).problems
    assert problems, "the pack was accepted"
    assert problems[0].file == "m1.rego"
    assert problems[0].line == line
    assert words in problems[0].message
    assert "backtrace" not in str(problems[0])


@pytest.mark.parametrize(
    "data",
    [
        {"good": {"right": 2}},
        {"good": {"right": None}},
        {"good": 5},
        {"good": None},
    ],
)
def test_data_may_not_stand_where_a_rule_does(data: dict[str, Any]) -> None:
    problems = guarded(GOOD, data=data).problems
    assert [problem.file for problem in problems] == ["m0.rego"]


def test_data_beside_a_rule_is_fine() -> None:
    checked = guarded(GOOD, "package bad\n\nq := data.good.other\n", data={"good": {"other": 3}})
    assert checked.problems == []
    assert checked.evaluate("data.bad.q", "{}") == "3"


def test_calls_of_own_functions_are_known_by_every_name() -> None:
    library = "package lib.words\n\nloud(x) := upper(x)\n"
    checked = guarded(
        library,
        "package a\n\nimport data.lib.words\n\np := words.loud(input.x)\n",
        "package b\n\nimport data.lib.words as w\n\np := w.loud(input.x)\n",
        "package c\n\np := data.lib.words.loud(input.x)\n",
        "package lib.words\n\np := loud(input.x)\n",
        "package d\n\nimport data.lib\n\np := lib.words.loud(input.x)\n",
    )
    assert checked.problems == []
    assert {checked.evaluate(f"data.{name}.p", '{"x": "a"}') for name in ("a", "b", "c", "d", "lib.words")} == {'"A"'}


def test_functions_may_use_all_that_is_bound() -> None:
    checked = guarded(
        """package a

import data.lib.words as w

rule := 1

f([x, {"k": y}]) := [rule, w, input.x, data.z, x, y, z, v, o] if {
	z := x
	some v in [1]
	some o
	[1][o]
}

g(x) := {k: [u | some u in v] | some k, v in x}

h(x) := y if {
	y := x.a
} else := y if {
	y := x.b
} else := count([u | some u in x])

i(_) := _x if _x := 2

j[k].l[m] := n if some k, [m, n] in input.x

jj contains [k, l] if some k, l in input.y

q(x) := [x | x := 2; some y in [x]; y == 2] if {
	every z in [1] {
		x = z
		y := x
		y == 1
	}
	every _ in [1] { true }
}

o[i] := i if {
	i := 1
	[1 | i := 2]
}
"""
    )
    assert checked.problems == []


def test_what_an_evaluation_failed_on_does_not_tell_what_it_was_about() -> None:
    """The engine dumps every variable in reach, megabytes of the caller's data: making that took longer than the deadline."""
    dump = 'var y is unsafe (path ["a", "y"], scopes [{"x": String("secret")}])'
    error = RuntimeError(
        f"\n--> a.rego:3:9\n  |\n3 | f(x) := y\n  |         ^\nerror: {dump}\n\nStack backtrace:\n  0: x"
    )
    assert explained(error) == "a.rego:3:9: var y is unsafe"
    assert len(explained(RuntimeError("x" * 10_000))) <= 1000


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ('sprintf("%d", [-1])', "-1"),
        ('sprintf("%d", [5])', "5"),
        ("sprintf(`%d of %d`, [-1, 2])", "-1 of 2"),
        ('sprintf("%d%%", [-3])', "-3%"),
        ('sprintf("%%d", [])', "%d"),
        ('concat("", ["sprintf(\\"%d\\", [-1])"])', 'sprintf("%d", [-1])'),
        ('concat("", [`sprintf("%d")`])', 'sprintf("%d")'),
        ('sprintf("%s %v %q %.2f", ["a", {"b": [1]}, "c", 1.5])', 'a {"b": [1]} "c" 1.50'),
        ('sprintf("%.1f %.1f %.0f", [0.25, 0.75, 2.5])', "0.2 0.8 2"),
        (
            'sprintf("%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c", [1, 2, 3, 4, 255, 255, 8, 5, 20013])',
            "    1|2    |00003|+4|ff|FF|10|101|中",
        ),
        ('sprintf("%d %d %t %s", ["x", 1.5, true, 1])', "%!d(string=x) %!d(float64=1.5) %!t(string=true) %!s(int64=1)"),
        ('sprintf("%v %v", [1])', "1 %!v(MISSING)"),
        ('sprintf("%v", [1, "a", [{"b": null}]])', '1%!(EXTRA string=a, string=[{"b": null}])'),
        ('sprintf("%v %v", [{"b", "a"}, {1: {"x": [{2, 1}]}}])', '{"a", "b"} {1: {"x": [{1, 2}]}}'),
        ('sprintf("%g %e %v", [1234567.5, 0.00001234, 0.1])', "1.2345675e+06 1.234000e-05 0.1"),
        ('sprintf(concat("", ["%", "5v|"]), ["é"])', "    é|"),
        (r'sprintf("%q %x %10.3s|", ["a\n\"é", "hi", "abcdef"])', r'"a\n\"é" 6869        abc|'),
    ],
)
def test_formats_print_what_opa_prints(opa: str, tmp_path: Path, call: str, value: str) -> None:
    checked = guarded(f'package a\n\n# sprintf("%d") is mended\np := {call}\n')
    assert checked.problems == []
    assert json.loads(str(checked.evaluate("data.a.p", "{}"))) == value
    (tmp_path / "a.rego").write_text(f"package a\n\np := {call}\n")
    said = subprocess.run([opa, "eval", "-d", tmp_path, "-f", "raw", "data.a.p"], capture_output=True, check=True)
    assert said.stdout.decode().removesuffix("\n") == value


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ("not is_array(input.x)", False),
        ("not input.x.y in data.z", False),
        ("not input.x > 5", False),
        ("not count(input.x[0]) > lower(input.y)", False),
        ("not f(input.x)", False),
        ("not f(1)", True),
        ("not f(g(2))", False),
        ("not g(2) == 3", False),
        ("not [input.x] == [1]", False),
        ("not input.a[input.x]", False),
        ('not startswith(input.x, "a") with input as {"y": 1}', False),
        ('not startswith(input.x, "b") with input as {"x": "a"}', True),
        ("not f(r)", False),
        ("not input.x", True),
        ("not input.x == 1", True),
        ("not input.x.y == input.z", True),
        ("is_array(input.x)", False),
        ("y := input.x\n\tnot is_array(y)", False),
        ("not 1 in {y | some y in input.x}", True),
        ("z := [1 | not input.x > 5]\n\tcount(z) == 1", False),
    ],
)
def test_what_stands_in_a_negated_call_is_bound_before_it(opa: str, tmp_path: Path, body: str, holds: bool) -> None:
    rules = "f(x) := 1 if x == input.two\n\ng(x) := 1 if x == 1\n\nr if input.never\n"
    text = f"package a\n\np if {{\n\t{body}\n}}\n\nq if {body.splitlines()[-1]}\n\n{rules}"
    text = text if "\n" not in body else text.replace(f"q if {body.splitlines()[-1]}\n\n", "")
    checked = guarded(text)
    assert checked.problems == []
    document = '{"a": {"b": 1}, "two": 2}'
    assert (checked.evaluate("data.a.p", document) == "true") is holds
    if "\n" not in body:
        assert (checked.evaluate("data.a.q", document) == "true") is holds
    (tmp_path / "a.rego").write_text(text)
    said = subprocess.run(
        [opa, "eval", "-d", tmp_path, "--stdin-input", "-f", "raw", "data.a.p"],
        input=document.encode(),
        capture_output=True,
        check=True,
    )
    assert (said.stdout.decode().strip() == "true") is holds


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^\\w+$", "中", False),
        ("^\\w+$", "a_1", True),
        ("^[\\d]+$", "٣", False),
        ("^\\S$", "\u00a0", True),
        ("[a&&b]", "&", True),
        ("^{a}$", "{a}", True),
        ("a{,2}", "a{,2}", True),
        ("a++", "a", None),
        ("(?x)a b", "ab", None),
        ("a(?=b)", "ab", None),
        ("(a)\\1", "aa", None),
        ("\\u4e2d", "中", None),
        ("x{1001}", "x", None),
        ("\\Qa.b\\E", "a.b", True),
        ("[[:alpha:]]\\pL\\p{Han}", "aé中", True),
    ],
)
def test_patterns_are_read_as_go_reads_them(pattern: str, text: str, matches: bool | None) -> None:
    written = guarded(f"package a\n\np := regex.match(`{pattern}`, input.text)\n")
    given = guarded("package a\n\np := regex.match(input.pattern, input.text)\n")
    document = json.dumps({"pattern": pattern, "text": text})
    assert given.problems == []
    if matches is None:
        assert [problem.message.partition(":")[0] for problem in written.problems] == ["unsupported pattern"]
        with pytest.raises(RuntimeError, match="unsupported pattern"):
            given.evaluate("data.a.p", document)
    else:
        assert written.problems == []
        assert written.evaluate("data.a.p", document) == json.dumps(matches)
        assert given.evaluate("data.a.p", document) == json.dumps(matches)


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("package a\n\ndefault allow := true\n", [3]),
        ('package a\n\ndefault decision := {"decision": "allow", "missing": []}\n', [3]),
        ('package a\n\ndefault decision := {"allow": false}\n', []),
        ("package a\n\ndefault allow := false\n", []),
        ("package a\n\ndefault ready := true\n", []),
        ('package team.authz\n\ndenied contains "x" if input.x\n', [1]),
        ('package team.authz\n\ndeny contains "x" if input.x\n\nf(x) := g(x)\n\ng(x) := x\n', []),
    ],
)
def test_what_is_probably_not_meant_is_warned_of(text: str, warned: list[int]) -> None:
    checked = guarded(text)
    assert checked.problems == []
    assert [warning.line for warning in checked.warnings] == warned


def test_a_rule_with_a_path_for_its_head_is_asked_by_the_beginning_of_it() -> None:
    text = 'package a\n\na.b.c := 1\n\na.b.d contains "x"\n\nfruit[name].count := n if some name, n in input.fruit\n\nf(_) := 1\n'
    checked = guarded(text)
    assert checked.problems == []
    assert json.loads(str(checked.evaluate("data.a.a", "{}"))) == {"b": {"c": 1, "d": ["x"]}}
    assert json.loads(str(checked.evaluate("data.a.fruit", '{"fruit": {"pear": 2}}'))) == {"pear": {"count": 2}}
    for other in ("data.a.nope", "data.a", "data.b.a"):
        with pytest.raises(RuntimeError, match="not a valid rule path"):
            checked.evaluate(other, "{}")


def test_every_broken_module_is_reported() -> None:
    problems = guarded("package a\n\np if {\n", GOOD, "package b\n\nq := )\n").problems
    assert [problem.file for problem in problems] == ["m0.rego", "m2.rego"]


def test_what_a_policy_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    checked = guarded('package a\n\np if { print("seen"); true }\n')
    assert checked.evaluate("data.a.p", "{}") == "true"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('glob.match("scan:*", [":"], "scan:a")', "true"),
        ('glob.match("scan:*", [":"], "scan:a:b")', "false"),
        ('glob.match("scan:**", [":"], "scan:a:b")', "true"),
        ('glob.match("*.example.org", [], "a.example.org")', "true"),
        ('glob.match("*.example.org", [], "a.b.example.org")', "false"),
        ('glob.match("*.example.org", null, "a.b.example.org")', "true"),
        ('glob.match("{cat,bat,[fr]at}", [], "rat")', "true"),
        ('glob.match("[a-c]x", [], "bx")', "true"),
        ('glob.match("[!a-c]x", [], "bx")', "false"),
        ('glob.match("a?c", [], "abc")', "true"),
        ('glob.match("a?c", [], "a.c")', "false"),
        ('crypto.sha256("a")', '"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"'),
        ('crypto.md5("a")', '"0cc175b9c0f1b6a831c399e269772661"'),
        ('crypto.hmac.sha256("a", "k")', '"d6e1b4bd8d6ef6b4ddd32dd2f8be8d3ee0b4d5a3f9b5eae4c8bb9a6e3b0a1d30"'),
        ('net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")', "true"),
        ('net.cidr_intersects("10.0.0.0/8", "11.0.0.0/8")', "false"),
        ('net.cidr_merge(["10.0.0.0/9", "10.128.0.0/9"])', '["10.0.0.0/8"]'),
        ('net.cidr_contains_matches("10.0.0.0/8", ["10.1.0.0/16", "11.0.0.0/8"])', '[["10.0.0.0/8", 0]]'),
    ],
)
def test_builtins_that_the_engine_lacks_are_there(expression: str, value: str) -> None:
    if "hmac" in expression:
        import hashlib
        import hmac

        value = f'"{hmac.new(b"k", b"a", hashlib.sha256).hexdigest()}"'
    checked = guarded(f"package a\n\np := {expression}\n")
    assert checked.problems == []
    answer = checked.evaluate("data.a.p", "{}")
    assert answer is not None
    assert "".join(answer.split()) == "".join(value.split())
