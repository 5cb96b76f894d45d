"""What can go wrong between a question and a decision. Each of them means that nothing was allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from scanners.errors import YumenError


class PolicyUnavailable(YumenError):
    """No decision could be had: the engine is gone, too slow, too busy, or the evaluation failed."""

    code: ClassVar[str] = "policy_unavailable"


class PolicyUndefined(YumenError):
    """The entry point has no value for this input, or does not exist."""

    code: ClassVar[str] = "policy_undefined"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a pack, and where. Lines and columns count from 1; 0 means the whole file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}" if place else self.message


class PolicyInvalid(YumenError):
    """A pack cannot be used. `problems` names every file and line that is wrong."""

    code: ClassVar[str] = "policy_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        shown = "; ".join(str(problem) for problem in problems[:10])
        more = f" (and {len(problems) - 10} more)" if len(problems) > 10 else ""
        super().__init__(f"the policy pack is invalid: {shown}{more}", remedy="correct the files named and try again")
        self.problems = tuple(problems)
