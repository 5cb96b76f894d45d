"""Every rule of the fused recogniser, as data."""

from __future__ import annotations

from functools import cache

from scanners.personal_data.rules.rule import RuleSet


@cache
def all_rules() -> RuleSet:
    """The shipped rules, ids unique. Built once, on first use."""
    from scanners.personal_data.rules import (
        addresses,
        africa,
        americas,
        asia_pacific,
        bare_names,
        china,
        chinese_names,
        contact,
        dates,
        devices,
        europe,
        foreign_names,
        health,
        latin_names,
        network,
        payment,
        places,
        special,
        statements,
        transliterated_names,
    )
    from scanners.secrets.rules import RULES as SECRETS

    nouns = (
        china,
        contact,
        network,
        payment,
        dates,
        special,
        statements,
        devices,
        places,
        europe,
        americas,
        asia_pacific,
        africa,
        health,
    )
    rules = RuleSet(
        (
            *(
                rule
                for noun in (
                    *nouns,
                    chinese_names,
                    bare_names,
                    transliterated_names,
                    latin_names,
                    foreign_names,
                    addresses,
                )
                for rule in noun.RULES
            ),
            *SECRETS,
        )
    )
    ids = [rule.id for rule in rules]
    if len(set(ids)) != len(ids):
        raise ValueError(f"duplicate rule ids: {sorted({name for name in ids if ids.count(name) > 1})}")
    return rules
