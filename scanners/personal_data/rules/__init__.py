"""Every rule of the fused recogniser, as data."""

from __future__ import annotations

from functools import cache

from scanners.personal_data.rules.rule import RuleSet


@cache
def all_rules() -> RuleSet:
    """The shipped rules, ids unique. Built once, on first use."""
    from scanners.personal_data.rules import addresses, china, countries, generic, names
    from scanners.secrets.rules import RULES as SECRETS

    rules = RuleSet(china.RULES + generic.RULES + countries.RULES + names.RULES + addresses.RULES + SECRETS)
    ids = [rule.id for rule in rules]
    if len(set(ids)) != len(ids):
        raise ValueError(f"duplicate rule ids: {sorted({name for name in ids if ids.count(name) > 1})}")
    return rules
