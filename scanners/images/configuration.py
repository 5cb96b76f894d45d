# ruff: noqa: E501 - tables and sentences read best one a line
"""How an image says its containers should run, and how it was built: configuration and history."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from scanners.findings import Finding, Location, Severity
from scanners.oci.manifests import ImageConfig, RunConfig
from scanners.secrets.find import find_secrets

CIS = "CIS Docker 1.6"
"""The benchmark that control numbers are of (version 1.6.0), as `cluster_review` names it."""
MAXIMUM_LISTED = 50
"""Findings of one kind."""
MAXIMUM_TEXT = 64 * 2**10
"""Characters of one history entry or variable that are read."""

_PIPED = re.compile(r"\b(?:curl|wget)\b[^|;&\n]{0,500}\|\s*(?:sudo\s+)?(?:ba|z|da|a)?sh\b")
_ADDED = re.compile(r"(?:^|#\(nop\)\s+)ADD\s+(?:--\S+\s+)*https?://")
_UNVERIFIED = re.compile(
    r"\bcurl\b[^|;&\n]{0,500}\s(?:-k|--insecure)\b|--no-check-certificate\b|--allow-unauthenticated\b|--trusted-host\b"
    r"|--no-gpg-check\b|--nogpgcheck\b|--allow-untrusted\b|--force-yes\b"
)
_WORLD_WRITABLE = re.compile(r"\bchmod\s+(?:-\w+\s+)*(?:0?777|a\+rwx|ugo\+rwx)\b")
_INSTALLS = re.compile(r"\b(?:apt-get|apt|apk|yum|dnf|microdnf)\b.{0,200}?\b(?:install|add)\b")
_UPDATES = re.compile(r"\b(?:apt-get|apt|apk)\s+(?:-\S+\s+)*update\b(?!.*\bupgrade\b)", re.DOTALL)
_SUDO = re.compile(r"\ssudo(?:\s|\Z)")


def examine(config: ImageConfig) -> Iterator[Finding]:
    """Everything in the configuration and the history that a benchmark warns of: of one kind the first, and how many more."""
    counts: Counter[str] = Counter()
    for finding in _found(config):
        counts[finding.rule] += 1
        if counts[finding.rule] <= MAXIMUM_LISTED:
            yield finding
    for rule, count in counts.items():
        if count > MAXIMUM_LISTED:
            name = rule.removeprefix("image.config.")
            title = f"{count - MAXIMUM_LISTED} more findings of this kind ({name})"
            yield _finding(f"{name}.more", "low", title, f"{count} in all", "", "")


def _found(config: ImageConfig) -> Iterator[Finding]:
    run = config.config or RunConfig()
    yield from _user(run)
    yield from _environment(run)
    yield from _words(run)
    yield from _ports(run)
    if not run.Healthcheck or (run.Healthcheck.get("Test") or [None]) == ["NONE"]:
        yield _finding(
            "health_check_missing",
            "low",
            "The image has no health check",
            "",
            "Add a HEALTHCHECK, or a probe where it is deployed",
            "4.6",
        )
    for number, step in enumerate(config.history or ()):
        yield from _step(number, (step.created_by or "")[:MAXIMUM_TEXT])


def _user(run: RunConfig) -> Iterator[Finding]:
    user = (run.User or "").partition(":")[0].strip()
    if user in ("", "0", "root"):
        evidence = f"User={run.User!r}"[:100]
        yield _finding(
            "root_user",
            "medium",
            "The container starts as root",
            evidence,
            "Set USER to an unprivileged account",
            "4.1",
        )


def _environment(run: RunConfig) -> Iterator[Finding]:
    for variable in run.Env or ():
        name, _, value = variable.partition("=")
        shown = f"Env {name[:100]}"
        if name in ("LD_PRELOAD", "LD_AUDIT"):
            yield _finding(
                "preload",
                "medium",
                f"{name} is set for every program of the container",
                shown,
                "Remove the variable",
                "",
            )
        secrets = find_secrets(variable[:MAXIMUM_TEXT], threshold=0.7)
        if value and secrets:
            kinds = ", ".join(sorted({entity.rule for entity in secrets}))
            yield _finding(
                "secret_in_environment", "high", f"The variable {name[:100]} holds a credential that everybody who pulls the image can read",
                f"{shown}: {kinds}, {len(value)} characters", "Give it at run time, and revoke this one", "4.10",
            )  # fmt: skip


def _words(run: RunConfig) -> Iterator[Finding]:
    """Credentials in labels and in the commands that a container is started and checked with."""
    commands = (*(run.Entrypoint or ()), *(run.Cmd or ()), *_strings((run.Healthcheck or {}).get("Test")))
    texts = [(f"label {name[:100]}", f"{name}={value}") for name, value in (run.Labels or {}).items()]
    for where, text in (*texts, ("command", " ".join(commands))):
        if secrets := find_secrets(text[:MAXIMUM_TEXT], threshold=0.7):
            kinds = ", ".join(sorted({entity.rule for entity in secrets}))
            yield _finding(
                "secret_in_configuration", "high", f"The {where} of the image holds a credential that everybody who pulls it can read",
                f"{where}: {kinds}", "Give it at run time, and revoke this one", "4.10",
            )  # fmt: skip


def _strings(value: object) -> Iterator[str]:
    return (str(item) for item in value) if isinstance(value, list) else iter(())


def _ports(run: RunConfig) -> Iterator[Finding]:
    for port in run.ExposedPorts or {}:
        number = port.partition("/")[0]
        if number in ("22", "23", "2375", "3389"):
            what = {"22": "SSH", "23": "Telnet", "2375": "the unprotected Docker API", "3389": "remote desktop"}[number]
            yield _finding(
                "remote_access_port",
                "medium",
                f"The image exposes {what} (port {number})",
                f"ExposedPorts {port[:40]}",
                "Use the platform's own way into containers",
                "5.7" if number == "22" else "5.9",
            )


def _step(number: int, command: str) -> Iterator[Finding]:
    where = f"history step {number}"
    # A build argument without a value is followed by a blank, not by a secret.
    secrets = find_secrets(re.sub(r"=(?=\s)", "=''", command), threshold=0.7)
    if secrets:
        kinds = ", ".join(sorted({entity.rule for entity in secrets}))
        yield _finding(
            "secret_in_history",
            "high",
            f"The command of {where} holds a credential",
            f"{where}: {kinds}",
            "Use build secrets (RUN --mount=type=secret), and revoke this one",
            "4.10",
        )
    if any(_SUDO.search(part) and _INSTALLS.search(part) for part in re.split(r"[;&\n]", command)):
        yield _finding(
            "sudo_installed",
            "low",
            f"sudo was installed ({where})",
            where,
            "Run each part as the account that it needs",
            "4.3",
        )
    if _UPDATES.search(command) and not _INSTALLS.search(command):
        yield _finding(
            "update_alone",
            "low",
            f"Package lists were fetched in a step of their own, which a cache keeps for ever ({where})",
            where,
            "Update and install in one RUN",
            "4.7",
        )
    for rule, severity, pattern, title, remedy, control in _STEPS:
        if pattern.search(command):
            yield _finding(rule, severity, f"{title} ({where})", where, remedy, control)


_STEPS: tuple[tuple[str, Severity, re.Pattern[str], str, str, str], ...] = (
    ("piped_to_shell", "medium", _PIPED, "A download was run without being looked at", "Download, verify a checksum or signature, then run", "4.11"),
    ("remote_add", "low", _ADDED, "ADD fetched a file from the network without a digest", "Use ADD --checksum, or COPY what was verified", "4.9"),
    ("unverified_download", "medium", _UNVERIFIED, "A check of what was downloaded was switched off", "Leave certificate and signature checks on", "4.11"),
    ("world_writable", "low", _WORLD_WRITABLE, "Everybody may write what the build made", "Give rights to the one account that needs them", ""),
)  # fmt: skip


def _finding(rule: str, severity: Severity, title: str, evidence: str, remediation: str, control: str) -> Finding:
    return Finding(
        rule=f"image.config.{rule}",
        severity=severity,
        title=title,
        location=Location(path="image configuration"),
        evidence=evidence,
        remediation=remediation,
        references=(f"{CIS}: {control}",) if control else (),
    )
