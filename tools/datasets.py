"""Data sets: what personal data their columns hold, and how easily their rows lead to a person."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import Field

from scanners.datasets.profile import Column
from scanners.datasets.redaction.output import MANIFEST, Output
from scanners.datasets.redaction.plan import ColumnMethod, Plan
from scanners.datasets.redaction.redact import RedactedColumn, redact_file
from scanners.datasets.redaction.scopes import scope_secrets
from scanners.datasets.redaction.statement import Statement
from scanners.datasets.risk import Risk, risk_of_file
from scanners.datasets.scan import profile_file
from scanners.findings import Coverage, Finding, Report, Subject
from scanners.personal_data.keys import manifest_key
from scanners.personal_data.transform import Transformation
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.new_files import new_file
from tools.registry import Tool
from tools.wording import many


class ProfileArguments(Arguments):
    target: str = Field(description="A CSV, TSV, JSON lines, Parquet, SQLite, Excel or text file, or a document")
    threshold: float = Field(default=0.5, ge=0.0, le=1.0, description="Lowest confidence that counts")
    encoding: str = Field(
        default="auto", max_length=32, description="Encoding of a text file; auto: by its byte-order mark or content"
    )


class RiskArguments(Arguments):
    target: str = Field(description="A CSV, TSV, JSON lines, Parquet, SQLite or Excel file with one table")
    quasi_identifiers: tuple[str, ...] = Field(min_length=1, description="Columns that together may point to a person")
    sensitive: str | None = Field(default=None, description="The column that must not be learnt about a person")
    encoding: str = Field(
        default="auto", max_length=32, description="Encoding of a text file; auto: by its byte-order mark or content"
    )


class DatasetRedactArguments(Arguments):
    target: str = Field(
        description="A CSV, TSV, JSON lines, Parquet, SQLite, Excel, Word, HTML, Markdown, e-mail or text file; left as it is"
    )
    output: str = Field(description="Path of the new file, of the same kind; its manifest is made beside it")
    profile: str | None = Field(
        default=None,
        description="A regime's entities, thresholds and methods: gdpr, hipaa_safe_harbor, pipl_sensitive, gbt_35273_2020, "
        "gbt_45574_2025, jrt_0197_2020, pci_dss",
    )
    method: Transformation | None = Field(
        default=None,
        description="What becomes of what is found, as for pii_redact; 'replace' or the profile's by default",
    )
    methods: dict[str, Transformation] = Field(
        default_factory=dict, description="Another method for some types, e.g. {'DATE_OF_BIRTH': 'date_shift'}"
    )
    columns: dict[str, ColumnMethod] = Field(
        default_factory=dict,
        description="A method for whole columns by name, whatever is in them: {'note': 'empty', 'id': 'token', 'city': 'keep'}",
    )
    threshold: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Lowest confidence that counts, without a profile"
    )
    encoding: str = Field(
        default="auto", max_length=32, description="Encoding of a text file; auto: by its byte-order mark or content"
    )
    scope: str = Field(
        default="",
        max_length=200,
        description="Equal values become equal tokens, hashes and surrogates in all data sets of one scope, and in no other; "
        "without one: those of the tenant, as for pii_redact",
    )
    data_subject: str = Field(
        default="", max_length=200, description="For tokens: whose data this is; pii_erase destroys it by this name"
    )


class ProfileAnswer(Answer):
    columns: tuple[Column, ...] = Field(default=(), description="Each column, classified")
    rows: int = Field(default=0, description="Rows that were examined")
    rows_hit: int = Field(default=0, description="Rows that hold personal data")


class DatasetRedactAnswer(Answer):
    rows: int = Field(default=0, description="Rows of the data set")
    counts: dict[str, int] = Field(default_factory=dict, description="What was taken out, by type")
    columns: tuple[RedactedColumn, ...] = Field(default=(), description="What was taken out of which column")
    output: str = Field(default="", description="Path of the new file")
    manifest: str = Field(
        default="", description="Path of its manifest: every change with its place, then the statement"
    )
    statement: Statement | None = Field(default=None, description="The signed statement, as in the manifest")
    cannot_claim: tuple[str, ...] = Field(default=(), description="What this does not prove under the profile")


class RiskAnswer(Answer):
    risk: Risk | None = Field(default=None, description="The measures")


async def dataset_profile(arguments: ProfileArguments, context: ToolContext) -> ProfileAnswer:
    """Every column of a data set, classified by what its cells hold."""
    path = context.resolve(arguments.target)
    found = await context.scan(profile_file, path, arguments.threshold, arguments.encoding)
    held = [column for column in found.columns if column.types]
    findings = tuple(
        Finding(
            rule=f"dataset.{column.kind}",
            severity="high" if column.level >= 3 else "medium",
            title=f"column {column.name!r} holds {column.type or ', '.join(sorted(column.types))}",
            evidence=f"{sum(column.types.values())} hits in {column.filled} filled cells; level {column.level} by JR/T 0197-2020",
            remediation="Drop, redact or tokenise the column before the data set leaves.",
        )
        for column in sorted(held, key=lambda column: -column.level)
    )
    subject = _subject(path, arguments.target)
    report = Report(
        subject, findings, Coverage(examined={"rows": found.rows, "columns": len(found.columns)}, skipped=found.skipped)
    )
    return ProfileAnswer(
        verdict=await context.verdict(report),
        summary=f"{len(held)} of {many(len(found.columns), 'column')} hold personal data,"
        f" in {found.rows_hit} of {many(found.rows, 'row')}.",
        findings=findings,
        coverage=report.coverage,
        subject=subject,
        columns=found.columns,
        rows=found.rows,
        rows_hit=found.rows_hit,
    )


async def dataset_redact(arguments: DatasetRedactArguments, context: ToolContext) -> DatasetRedactAnswer:
    """The data set in a new file, without its personal data."""
    source = context.resolve(arguments.target)
    path = new_file(arguments.output, context)
    plan = Plan(
        regime=arguments.profile or "",
        method=arguments.method,
        methods=arguments.methods,
        columns=arguments.columns,
        threshold=arguments.threshold,
        encoding=arguments.encoding,
    )
    tenant = context.caller.tenant
    secrets = scope_secrets(context.data_dir, tenant, plan, arguments.scope, arguments.data_subject)
    with Output.at(path, source) as output:
        done = await context.scan(redact_file, source, output.folder, plan, secrets, writable=(output.folder,))
        statement = output.publish(done, plan, manifest_key(context.data_dir, tenant))
    report = Report(
        Subject("dataset", done.subject, arguments.target),
        (),
        Coverage(examined={"rows": done.rows, "changes": sum(done.types.values())}, skipped=done.skipped),
    )
    total = sum(done.types.values())
    where = f"{many(len(done.columns), 'column')} in {many(done.rows, 'row')}"
    sentence = f"{many(total, 'piece')} of personal data taken out of {where}."
    return DatasetRedactAnswer(
        verdict=await context.verdict(report),
        summary=sentence + (" Part of the data set was not read; it is not in the result." if done.skipped else ""),
        coverage=report.coverage,
        subject=report.subject,
        rows=done.rows,
        counts=dict(done.types),
        columns=done.columns,
        output=arguments.output,
        manifest=arguments.output + MANIFEST,
        statement=statement,
        cannot_claim=plan.profile.cannot_claim if plan.profile else (),
    )


async def dataset_risk(arguments: RiskArguments, context: ToolContext) -> RiskAnswer:
    """k-anonymity, l-diversity, t-closeness and prosecutor risk of a table."""
    path = context.resolve(arguments.target)
    names = arguments.quasi_identifiers
    measured = await context.scan(risk_of_file, path, names, arguments.sensitive, arguments.encoding)
    findings: tuple[Finding, ...] = ()
    if measured.k < 5:
        findings = (
            Finding(
                rule="dataset.small_groups",
                severity="high" if measured.k == 1 else "medium",
                title=f"{measured.rows_below_5} rows stand in groups smaller than five",
                evidence=f"k = {measured.k} over {', '.join(names)}",
                remediation="Generalise or drop quasi-identifiers until every group has at least five rows.",
            ),
        )
    subject = _subject(path, arguments.target)
    report = Report(subject, findings, Coverage(examined={"rows": measured.rows}))
    return RiskAnswer(
        verdict=await context.verdict(report),
        summary=f"The smallest group sharing {', '.join(names)} has {measured.k} rows; {measured.unique_rows} rows stand alone.",
        findings=findings,
        coverage=report.coverage,
        subject=subject,
        risk=measured,
    )


def _subject(path: Path, name: str) -> Subject:
    with path.open("rb") as file:
        return Subject("dataset", f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}", name)


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="dataset_profile",
        title="Profile a data set",
        description="Classify every column of a table or log by the personal data its cells hold, with confidence and a level.",
        family="personal_data",
        risk="read",
        arguments=ProfileArguments,
        answer=ProfileAnswer,
        run=dataset_profile,
        targets=("target",),
        remote=("target",),
        deadline=300.0,
    ),
    Tool(
        name="dataset_redact",
        title="Redact a data set",
        description="Write a table or log anew without its personal data, in its own format: every cell, and whole columns that "
        "hold it; equal values become equal tokens in a scope. A signed manifest is made beside it.",
        family="personal_data",
        risk="change",
        arguments=DatasetRedactArguments,
        answer=DatasetRedactAnswer,
        run=dataset_redact,
        targets=("target",),
        remote=("target",),
        outputs=("output",),
        idempotent=False,
        deadline=600.0,
    ),
    Tool(
        name="dataset_risk",
        title="Measure re-identification risk",
        description="k-anonymity, l-diversity, t-closeness and prosecutor risk of a table by its quasi-identifiers.",
        family="personal_data",
        risk="read",
        arguments=RiskArguments,
        answer=RiskAnswer,
        run=dataset_risk,
        targets=("target",),
        remote=("target",),
        deadline=300.0,
    ),
)
