"""The five-minute tour: a server over stdio, the real MCP client, and all five families on the samples beside this file.

    make demo

Everything is written to a temporary directory, which is removed at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

EXAMPLES = Path(__file__).parent
COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow"}
console = Console(highlight=False, width=110)


@contextlib.asynccontextmanager
async def connected(place: Path, role: str) -> AsyncIterator[Client]:
    """An MCP client with a Yumen of its own over stdio, as a local principal with `role`."""
    server = StdioServerParameters(
        command=sys.executable,
        args=[
            "-m",
            "mcp_server.cli",
            "serve",
            "--stdio",
            "--data-dir",
            str(place / "data"),
            "--root",
            str(place / "files"),
        ],
        env={"YUMEN__IDENTITY__LOCAL__ROLES": f'["{role}"]', "PATH": os.environ["PATH"]},
    )
    async with Client(server) as client:
        yield client


def yumen(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mcp_server.cli", *arguments], capture_output=True, text=True)


def chapter(title: str) -> None:
    console.print()
    console.rule(f"[bold cyan]{title}", align="left")


async def ask(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a tool and show the answer as a person wants to see it."""
    shown = ", ".join(f"{name}={_short(value)}" for name, value in arguments.items())
    console.print(f"\n[bold]→ {tool}[/]({escape(shown)})")
    answer = await client.call_tool(tool, arguments)
    if answer.is_error:
        console.print(f"  [magenta]refused[/] {escape(answer.content[0].text)}")
        return {}
    result: dict[str, Any] = answer.structured_content
    verdict = result.get("verdict", "")
    if verdict:
        console.print(f"  [bold {COLOURS[verdict]}]{verdict.upper()}[/] {escape(result['summary'])}")
    for finding in result.get("findings", [])[:4]:
        where = finding["location"].get("path") or ""
        console.print(f"    [{'red' if finding['severity'] in ('critical', 'high') else 'yellow'}]{finding['severity']:>8}[/] "
                      f"{escape(finding['title'])} [dim]{escape(where)}[/]")  # fmt: skip
    if len(result.get("findings", [])) > 4:
        console.print(f"    [dim]… and {len(result['findings']) - 4} more[/]")
    if record := result.get("record"):
        console.print(f"    [dim]record {record['index']} of the audit log[/]")
    return result


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 70 else text[:67] + "…"


async def models(client: Client, place: Path) -> None:
    chapter("1  Models: is it the one that was signed?")
    key = {"public_key": "models/signer.pub"}
    await ask(client, "model_hash", {"target": "models/exclusive-or"})
    await ask(client, "model_verify", {"target": "models/exclusive-or", **key})
    weights = place / "files/models/exclusive-or/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    (place / "files/models/exclusive-or/extra.py").write_text("print('hello')\n")
    console.print("\n  [italic]Now somebody changes one byte of the weights and adds a file …[/]")
    await ask(client, "model_verify", {"target": "models/exclusive-or", **key})


async def images(client: Client) -> None:
    chapter("2  Container images: what is in it, and what is known to be wrong?")
    await ask(client, "image_scan", {"target": "images/shop"})


async def personal_data(client: Client) -> None:
    chapter("3  Personal data: found and taken out, in Chinese, English and German")
    result = await ask(client, "pii_redact", {"target": "texts/customer_note.txt"})
    console.print(Panel(escape(result["text"].strip()), border_style="dim", title="redacted"))


async def policy(client: Client) -> None:
    chapter("4  Policy: may this data leave?")
    transfer = {
        "data_classes": ["personal"],
        "origin": "CN",
        "destination": "SG",
        "recipient": {"role": "controller"},
        "purpose": "marketing",
        "legal_basis": "contract",
        "exporter": {"cii_operator": False},
        "safeguards": ["notice", "impact_assessment"],
        "date": "2026-11-24",
    }
    for persons in (5_000, 2_000_000):
        volumes = {"persons": persons, "sensitive_persons": 0}
        await ask(client, "policy_evaluate", {"policy": "residency", "input": {"volumes": volumes, **transfer}})


async def denials(client: Client, place: Path) -> None:
    chapter("5  The gate: what is refused")
    await ask(client, "model_hash", {"target": "/etc/passwd"})
    async with connected(place / "viewer", "viewer") as viewer:
        console.print("\n  [italic]A viewer connects. It sees:[/] "
                      + ", ".join(tool.name for tool in (await viewer.list_tools()).tools))  # fmt: skip
        for name in ("model_hash", "no_such_tool"):
            console.print(f"\n[bold]→ {name}[/] as viewer")
            try:
                await viewer.session.call_tool(name, {"target": "models"})
            except MCPError as error:
                console.print(f"  [magenta]refused[/] {error.code}: {escape(error.message)}")
        console.print("  [italic]Forbidden and absent get the same answer.[/]")


async def audit(client: Client) -> None:
    chapter("6  The record: what happened, and can it be proved?")
    found = await ask(client, "audit_search", {"limit": 5})
    for record in found["records"]:
        called = record["tool"] or record["method"] or record["kind"]
        came = f"{record['status'] or ''} {record['verdict'] or ''}"
        console.print(f"    [dim]{record['index']:>3}[/] {record['time'][11:19]} {called:<16} {came}")
    await ask(client, "audit_verify", {"index": found["records"][0]["index"]})


def tampering(place: Path) -> None:
    console.print("\n  [italic]The server is stopped, and somebody edits the log …[/]")
    segment = max((place / "data/audit").glob("**/*.seg"), key=lambda path: path.stat().st_size)
    original = segment.read_bytes()
    middle = len(original) // 2
    for what, data in (
        ("one bit is flipped", original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :]),
        ("the last records are cut off", original[: middle * 3 // 2]),
        ("nothing is changed", original),
    ):
        segment.write_bytes(data)
        checked = yumen("audit", "verify", "--data-dir", str(place / "data"))
        words = (checked.stdout + checked.stderr).strip().splitlines()
        colour = "green" if checked.returncode == 0 else "red"
        console.print(f"\n[bold]$ yumen audit verify[/]   [italic]({what})[/]")
        for line in words[:3]:
            console.print(f"  [{colour}]{escape(line)}[/]")


async def tour(place: Path) -> None:
    shutil.copytree(EXAMPLES, place / "files", ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    database = yumen("db", "build", str(EXAMPLES / "images/advisories"), "--data-dir", str(place / "data"))
    if database.returncode:
        raise SystemExit(database.stderr)
    async with connected(place, "operator") as client:
        tools = (await client.list_tools()).tools
        console.print(f"[bold]Connected to {client.server_info.title}[/] over stdio, protocol {client.protocol_version}: "
                      f"{len(tools)} tools")  # fmt: skip
        await models(client, place)
        await images(client)
        await personal_data(client)
        await policy(client)
        await denials(client, place)
        await audit(client)
    tampering(place)
    console.print("\n[bold green]That was Yumen.[/] Next: make serve, and docs/.")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="yumen-demo-") as place:
        (Path(place) / "viewer" / "files").mkdir(parents=True)
        asyncio.run(tour(Path(place)))


if __name__ == "__main__":
    main()
