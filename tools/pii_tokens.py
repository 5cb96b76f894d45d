"""pii_restore and pii_erase: the tokens of pii_redact turned back, or made unreadable for good."""

from __future__ import annotations

import json
from typing import Self

from pydantic import Field, JsonValue, model_validator

from scanners.findings import Coverage, Report, Subject
from scanners.personal_data.vault import Vault
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.pii_inputs import keyed
from tools.registry import Tool
from tools.wording import many


class RestoreArguments(Arguments):
    """What to restore: exactly one of `text` and `value`."""

    text: str | None = Field(default=None, description="Text that holds tokens of pii_redact")
    value: JsonValue = Field(default=None, description="JSON value that holds tokens of pii_redact")
    purpose: str = Field(
        min_length=8, max_length=500, description="Why the originals are needed; kept in the audit record"
    )

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        if (self.text is not None) + ("value" in self.model_fields_set) != 1:
            raise ValueError("give exactly one of 'text' and 'value'")
        return self


class EraseArguments(Arguments):
    data_subject: str = Field(min_length=1, max_length=200, description="The data subject given to pii_redact")
    purpose: str = Field(
        min_length=8, max_length=500, description="Why, e.g. the erasure request; kept in the audit record"
    )


class RestoreAnswer(Answer):
    text: str | None = Field(default=None, description="The text with its tokens turned back")
    value: JsonValue = Field(default=None, description="The JSON value with its tokens turned back")
    restored: int = Field(default=0, description="How many tokens were turned back")


class EraseAnswer(Answer):
    destroyed: int = Field(default=0, description="How many keys were destroyed; 0: there were none")


async def pii_restore(arguments: RestoreArguments, context: ToolContext) -> RestoreAnswer:
    """The originals behind the tokens, for a stated purpose."""
    vault = Vault(context.data_dir, context.caller.tenant)
    text: str | None = None
    value: JsonValue = None
    if arguments.text is not None:
        text, count = vault.restored(arguments.text)
        raw = arguments.text.encode("utf-8", "surrogatepass")
    else:
        raw = json.dumps(arguments.value, sort_keys=True, separators=(",", ":")).encode()
        value, count = _restored(arguments.value, vault)
    subject = Subject("tokens", keyed(raw, context), "value" if text is None else "text")
    report = Report(subject, (), Coverage(examined={"tokens": count}))
    return RestoreAnswer(
        verdict=await context.verdict(report),
        summary=f"{many(count, 'token')} turned back into the original.",
        coverage=report.coverage,
        subject=subject,
        text=text,
        value=value,
        restored=count,
    )


async def pii_erase(arguments: EraseArguments, context: ToolContext) -> EraseAnswer:
    """Crypto-erasure: every token of a data subject becomes unreadable, wherever it is."""
    count = Vault(context.data_dir, context.caller.tenant).erase(arguments.data_subject)
    subject = Subject("data-subject", keyed(arguments.data_subject.encode(), context))
    report = Report(subject, (), Coverage(examined={"keys": count}))
    return EraseAnswer(
        verdict=await context.verdict(report),
        summary=f"{many(count, 'key')} destroyed; the data subject's tokens can no longer be read.",
        coverage=report.coverage,
        subject=subject,
        destroyed=count,
    )


def _restored(value: JsonValue, vault: Vault) -> tuple[JsonValue, int]:
    """A JSON value with the tokens in its strings and keys turned back, and how many there were."""
    if isinstance(value, str):
        return vault.restored(value)
    if isinstance(value, list):
        pairs = [_restored(item, vault) for item in value]
        return [item for item, _ in pairs], sum(count for _, count in pairs)
    if isinstance(value, dict):
        total, out = 0, {}
        for name, item in value.items():
            key, keys = vault.restored(name)
            out[key], count = _restored(item, vault)
            total += keys + count
        return out, total
    return value, 0


RESTORE = Tool(
    name="pii_restore",
    title="Restore tokens to personal data",
    description="Turn the tokens of pii_redact (method: token) back into the originals, for a stated purpose; recorded.",
    family="personal_data",
    risk="change",
    arguments=RestoreArguments,
    answer=RestoreAnswer,
    run=pii_restore,
)

ERASE = Tool(
    name="pii_erase",
    title="Destroy a data subject's tokens",
    description="Destroy the keys of one data subject: its tokens can never be restored again, wherever they went.",
    family="personal_data",
    risk="change",
    arguments=EraseArguments,
    answer=EraseAnswer,
    run=pii_erase,
)
