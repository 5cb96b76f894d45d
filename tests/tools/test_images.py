"""`image_scan` through a context as a test can write one, on the sample that ships with Yumen."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from scanners.errors import TargetMissing
from scanners.vulnerabilities.build import build_database
from tools.images import DATABASE, TOOLS, ImageScanAnswer, ImageScanArguments

SAMPLES = Path(__file__).parents[2] / "examples" / "images"
(SCAN,) = (tool for tool in TOOLS if tool.name == "image_scan")


@dataclass
class Context:
    data_dir: Path

    def resolve(self, target: str) -> Path:
        return Path(target)

    async def scan(self, function: Any, *arguments: Any, **keywords: Any) -> Any:
        assert inspect.getmodule(function).__name__.startswith("scanners.")
        return function(*arguments, **keywords)

    async def verdict(self, report: Any) -> str:
        return "fail" if report.findings else "unknown" if report.coverage.skipped else "pass"


async def scan(context: Context, **arguments: Any) -> ImageScanAnswer:
    return await SCAN.run(ImageScanArguments(**arguments), context)


@pytest.mark.anyio
async def test_the_sample_image_is_scanned_against_the_sample_advisories(tmp_path):
    build_database((SAMPLES / "advisories",), tmp_path / DATABASE, as_of="2026-11-20")
    answer = await scan(Context(tmp_path), target=str(SAMPLES / "shop"))
    assert answer.verdict == "fail"
    assert answer.os is not None
    assert answer.os.id == "alpine"
    fixes = {item.package: item.fixed for item in answer.vulnerabilities}
    assert fixes == {"openssl": "1.1.1d-r3", "libssl1.1": "1.1.1d-r3", "jinja2": "2.11.3"}
    assert "3 known vulnerabilities" in answer.summary
    assert answer.vulnerability_count == 3
    assert answer.subject.digest == answer.image.manifest
    assert answer.packages == {"apk (alpine)": 3, "PyPI": 2}
    json.loads(answer.model_dump_json())


@pytest.mark.anyio
async def test_without_a_database_the_answer_says_how_to_get_one(tmp_path):
    answer = await scan(Context(tmp_path), target=str(SAMPLES / "shop"))
    assert answer.database is None
    assert "yumen db build" in answer.summary


@pytest.mark.anyio
async def test_a_missing_image_is_named(tmp_path):
    with pytest.raises(TargetMissing, match="nothing"):
        await scan(Context(tmp_path), target=str(tmp_path / "nothing"))


@pytest.mark.parametrize("arguments", [{}, {"target": 7}, {"target": "x", "extra": 1}, {"target": "x" * 5000}])
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValidationError):
        ImageScanArguments(**arguments)


def test_every_field_of_the_schemas_is_described():
    for tool in TOOLS:
        for schema in (tool.input_schema, tool.output_schema):
            assert all("description" in field for field in schema["properties"].values())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
