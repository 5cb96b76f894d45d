"""The tool `model_scan`, with the scanner in process and the shipped verdict in three lines."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path

import pytest

from scanners.errors import TargetMissing
from tools.model_scan import TOOLS, ModelScanAnswer, ModelScanArguments
from tools.registry import ToolRegistry


class Context:
    """A ToolContext that runs everything here and now."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def resolve(self, target: str) -> Path:
        path = self.root / target
        if not path.exists():
            raise TargetMissing("nothing there")
        return path

    async def scan(self, function, *arguments, **keywords):
        return function(*arguments, **keywords)

    async def verdict(self, report):
        if any(finding.severity in ("critical", "high") for finding in report.findings):
            return "fail"
        return "unknown" if report.coverage.skipped else "pass"


def answer(root: Path, target: str) -> ModelScanAnswer:
    return asyncio.run(TOOLS[0].run(ModelScanArguments(target=target), Context(root)))


@pytest.mark.parametrize(
    ("content", "verdict", "says"),
    [
        (pickle.dumps({"weights": [1.0, 2.0]}), "pass", "Nothing dangerous"),
        (b"cos\nsystem\n(S'touch /tmp/x'\ntR.", "fail", 'os.system("touch /tmp/x")'),
        (b"csomewhere\nThing\n)R.", "unknown", "cannot be called safe"),
    ],
)
def test_each_verdict_has_a_sentence_that_can_be_repeated(tmp_path, content, verdict, says):
    (tmp_path / "model.pkl").write_bytes(content)
    given = answer(tmp_path, "model.pkl")
    assert (given.verdict, says in given.summary) == (verdict, True)
    assert given.subject.digest.startswith("sha256:")
    assert ModelScanAnswer.model_validate_json(given.model_dump_json()) == given


def test_a_folder_is_scanned_as_a_whole(tmp_path):
    (tmp_path / "good.pkl").write_bytes(pickle.dumps([1]))
    (tmp_path / "bad.bin").write_bytes(b"cos\nsystem\n(S'x'\ntR.")
    given = answer(tmp_path, ".")
    assert given.verdict == "fail"
    assert {finding.location.path for finding in given.findings} == {"bad.bin"}


def test_a_missing_target_is_an_error_and_not_a_verdict(tmp_path):
    with pytest.raises(TargetMissing):
        answer(tmp_path, "nothing.pkl")


def test_the_tool_can_be_registered():
    registry = ToolRegistry()
    registry.add(*TOOLS)
    assert registry.get("model_scan").input_schema["required"] == ["target"]
