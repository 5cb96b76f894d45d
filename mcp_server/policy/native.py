"""A built-in function as the embedded engine itself has it, for those of ours that differ from it in a corner only."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
import regorus


def native(name: str, *arguments: Any) -> Any:
    """The answer of `name`. Raises ValueError where the engine has none, and RuntimeError as it does."""
    engine = _engine(name, len(arguments))
    engine.set_input_json(orjson.dumps(arguments).decode())
    answer = engine.eval_rule_as_json("data.native.answer")
    if answer == '"<undefined>"':
        raise ValueError(f"{name} has no value")
    (value,) = orjson.loads(answer)
    return value


@cache
def _engine(name: str, count: int) -> Any:
    engine = regorus.Engine()
    given = ", ".join(f"input[{number}]" for number in range(count))
    engine.add_policy("native.rego", f"package native\n\nanswer := [{name}({given})]\n")
    return engine
