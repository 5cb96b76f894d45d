"""The reference pages under `docs/`, made from what is declared in code: settings and tools.

python -m mcp_server.reference docs
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mcp_server.config import ENVIRONMENT_PREFIX, Settings
from tools.registry import Tool, own_tools

_GENERATED = "<!-- Made by `make docs`; do not edit. -->\n"


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {"configuration.md": configuration_page(), "tools.md": tools_page()}


def configuration_page() -> str:
    """Every key of yumen.toml."""
    lines = [
        _GENERATED,
        "# Configuration",
        "",
        "One file, `yumen.toml`, given with `--config`. Every default is the safe one; an unknown key is an error.",
        f"A key can be overridden from the environment by its path, e.g. `{ENVIRONMENT_PREFIX}SERVER__HTTP=127.0.0.1:9000`",
        "(lists and tables as JSON). Secrets stand in it only by reference: `env:NAME` or `file:/path`.",
        "",
    ]
    lines += _section("", Settings)
    return "\n".join(lines) + "\n"


def tools_page() -> str:
    """Every tool with its arguments."""
    lines = [
        _GENERATED,
        "# Tools",
        "",
        "Every checking tool answers in one shape: `verdict` (pass, fail, unknown), `summary`, `findings`, `coverage`,",
        "`subject`, `record`. Below: the arguments, and what a tool adds to its answer.",
        "",
    ]
    for tool in sorted(own_tools(), key=lambda tool: (tool.family, tool.name)):
        lines += _tool(tool)
    return "\n".join(lines) + "\n"


def _section(path: str, model: type[BaseModel]) -> Iterator[str]:
    plain = {name: info for name, info in model.model_fields.items() if _inner(info) is None}
    title = f"[{path}]" if path else "top level"
    yield f"## `{title}`"
    if path and model.__doc__:
        yield f"\n{_one_line(model.__doc__)}"
    if plain:
        yield "\n| key | default | meaning |\n|---|---|---|"
        for name, info in plain.items():
            yield f"| `{name}` | {_default(info)} | {_cell(info.description or '')} |"
    yield ""
    for name, info in model.model_fields.items():
        inner = _inner(info)
        if inner is not None:
            is_list = get_origin(info.annotation) in (tuple, list)
            yield from _section(f"{path}.{name}".lstrip(".") + ("[]" if is_list else ""), inner)


def _inner(info: FieldInfo) -> type[BaseModel] | None:
    """The settings model behind a field, if the field is a section or a list of sections."""
    candidates = [info.annotation, *get_args(info.annotation)]
    return next((found for found in candidates if isinstance(found, type) and issubclass(found, BaseModel)), None)


def _tool(tool: Tool) -> Iterator[str]:
    yield f"## `{tool.name}`\n\n**{tool.title}** ({tool.family}, risk: {tool.risk}). {_one_line(tool.description)}\n"
    properties: Mapping[str, Any] = tool.input_schema.get("properties", {})
    required = tool.input_schema.get("required", [])
    if properties:
        yield "| argument | default | meaning |\n|---|---|---|"
        for name, schema in properties.items():
            default = "required" if name in required else f"`{_shown(schema.get('default'))}`"
            yield f"| `{name}` | {default} | {_cell(schema.get('description', ''))} |"
        yield ""
    own = {name: info for name, info in tool.answer.model_fields.items() if name in tool.answer.__annotations__}
    if own:
        yield "| answer | meaning |\n|---|---|"
        yield from (f"| `{name}` | {_cell(info.description or '')} |" for name, info in own.items())
        yield ""


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    if info.default_factory is not None:
        return "by machine"
    return f"`{_shown(info.default)}`"


def _shown(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    return str(list(value)) if isinstance(value, tuple) else str(value) or '""'


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    directory = Path(sys.argv[1])
    for name, text in pages().items():
        (directory / name).write_text(text)


if __name__ == "__main__":
    main()
