"""Runs one peer scanner over a folder, in the peer's own environment: prints JSON of file -> answer, and CPU seconds.

    /path/to/peers/bin/python benchmarks/model_scan_peers.py picklescan FOLDER

An answer is "fail", "pass" or "unknown" (an error, or the peer says that it did not look).
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path


def picklescan() -> Callable[[Path], str]:
    from picklescan.scanner import scan_file_path

    def ask(path: Path) -> str:
        result = scan_file_path(str(path))
        if result.issues_count or result.infected_files:
            return "fail"
        return "unknown" if result.scan_err or not result.scanned_files else "pass"

    return ask


def modelscan() -> Callable[[Path], str]:
    from modelscan.modelscan import ModelScan

    def ask(path: Path) -> str:
        result = ModelScan().scan(path)
        if result["summary"]["total_issues"]:
            return "fail"
        return "pass" if result["summary"]["scanned"]["total_scanned"] and not result["errors"] else "unknown"

    return ask


def fickling() -> Callable[[Path], str]:
    import fickling

    def ask(path: Path) -> str:
        result = fickling.scan_file(str(path))
        safe = getattr(result, "is_safe", None)
        if getattr(result, "error", None) or getattr(result, "errors", None):
            return "unknown" if safe is not False else "fail"
        return "pass" if safe else "fail"

    return ask


def modelaudit() -> Callable[[Path], str]:
    from modelaudit.core import scan_model_directory_or_file

    def ask(path: Path) -> str:
        result = scan_model_directory_or_file(str(path), timeout=60)
        severities = {str(getattr(issue.severity, "value", issue.severity)).lower() for issue in result.issues}
        if severities & {"critical", "high", "error"}:
            return "fail"
        return "unknown" if not result.files_scanned or result.has_errors else "pass"

    return ask


def main() -> int:
    peer, folder = sys.argv[1], Path(sys.argv[2])
    logging.disable(logging.CRITICAL)
    answers: dict[str, str] = {}
    ask = {"picklescan": picklescan, "modelscan": modelscan, "fickling": fickling, "modelaudit": modelaudit}[peer]()
    started = time.process_time()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                answer = ask(path)
            except Exception as error:  # noqa: BLE001 - whatever a peer raises is its answer
                answer = f"unknown: {type(error).__name__}"
        answers[str(path.relative_to(folder))] = answer.partition(":")[0]
    print(json.dumps({"cpu": time.process_time() - started, "answers": answers}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
