"""What a template would cost: exhausting ones are found, and ordinary loops and sums are not."""

# ruff: noqa: E501 - tables are read as rows

from __future__ import annotations

import pytest

from scanners.model_scan.templates import judge_template

MACROS = "".join(f"{{% macro m{n}() %}}{{{{ m{n - 1}() }}}}{{{{ m{n - 1}() }}}}{{% endmacro %}}" for n in range(1, 40))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ 9 ** 99999999 }}", id="a power"),
        pytest.param("{{ ((9 ** 999) ** 999) ** 999 }}", id="a power of powers"),
        pytest.param("{{ 'a' * 999999999 }}", id="a long text"),
        pytest.param("{% macro m0() %}x{% endmacro %}" + MACROS + "{{ m39() }}", id="macros that call macros twice"),
        pytest.param("{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 40, id="a text that doubles"),
        pytest.param("{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}", id="in a loop"),
        pytest.param("{{ '%999999999d' % 1 }}", id="a wide field"),
        pytest.param("{{ '%*d' % (999999999, 1) }}", id="a width that is given"),
        pytest.param("{{ '{:>999999999}'.format(x) }}", id="a wide field of format"),
        pytest.param("{{ x.ljust(999999999) }}", id="a wide padding"),
        pytest.param("{% set x = ['a'] %}{% for i in range(40) %}{% set _ = x.extend(x) %}{% endfor %}", id="a list that extends itself"),
        pytest.param("{% set x = ['a'] %}{% for i in range(40) %}{% do x.append(x + x) %}{% endfor %}", id="a list that holds its copies"),
        pytest.param("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", id="loops in loops"),
    ],
)  # fmt: skip
def test_what_exhausts_is_found(source):
    assert "model.template.exhaustion" in {rule for rule, _, _ in judge_template(source)}


@pytest.mark.parametrize(
    "source",
    [
        "{{ 2 ** 64 }}{{ 9 ** 9 }}",
        "{% macro row(m) %}{{ m.content }}{% endmacro %}{% for m in messages %}{{ row(m) }}{{ row(m) }}{% endfor %}",
        "{% set x = x ~ m.content %}{% set y = y + y %}",
        "{{ '%-20s|%5d' % ('a', 3) }}{{ '{:>40}'.format('a') }}{{ 'a'.ljust(80) }}",
        "{% set x = [] %}{% for m in messages %}{% set _ = x.append(m.content) %}{% set _ = x.extend(y) %}{% endfor %}",
        "{{ '-' * 80 }}{% for i in range(100) %}{{ i }}{% endfor %}",
        "{% macro f(x) %}{% if x %}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    ],
)
def test_what_is_ordinary_is_not(source):
    assert judge_template(source) == []


def test_a_filter_that_jinja_does_not_have_leaves_the_template_unexamined():
    ((rule, _, evidence),) = judge_template("{{ x | urldecode }}")
    assert (rule, evidence) == ("model.template.unparsable", "a filter urldecode that Jinja does not have")
