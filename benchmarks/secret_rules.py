"""Secrets: recall and false alarms on gitleaks' own published test cases, beside gitleaks and detect-secrets, in one run.

Run: `python benchmarks/secret_rules.py GITLEAKS_SOURCE` with a checkout of github.com/gitleaks/gitleaks, Go, and
detect-secrets installed. gitleaks keeps the cases of a rule beside it, in Go, and makes some of them by chance: they are
written out by its own generator, whose `Validate` is replaced by one that prints them. gitleaks passes them all by
construction, each with its own rule alone; `gitleaks` here is all of its rules at once, as people run it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scanners.secrets.find import find_secrets

VALIDATE = """package utils

import (
	"encoding/json"
	"os"

	"github.com/zricethezav/gitleaks/v8/config"
)

func write(rule string, secret bool, text string) {
	json.NewEncoder(os.Stderr).Encode(map[string]any{"rule": rule, "secret": secret, "text": text})
}

func Validate(rule config.Rule, secrets []string, others []string) *config.Rule {
	for _, text := range secrets {
		write(rule.RuleID, true, text)
	}
	for _, text := range others {
		write(rule.RuleID, false, text)
	}
	return &rule
}

func ValidateWithPaths(rule config.Rule, _ map[string]string, _ map[string]string) *config.Rule {
	return &rule
}
"""


def cases(source: Path, work: Path) -> tuple[list[dict], Path]:
    """Every published case as {rule, secret, text}, and a gitleaks built from the same source."""
    program = work / "gitleaks"
    subprocess.run(["go", "build", "-o", program, "."], cwd=source, check=True)
    copy = work / "source"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".git"))
    (copy / "cmd/generate/config/utils/validate.go").write_text(VALIDATE)
    made = subprocess.run(
        ["go", "run", ".", work / "rules.toml"],
        cwd=copy / "cmd/generate/config",
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in made.stderr.splitlines() if line.startswith("{")], program


def by_gitleaks(program: Path, texts: list[Path], folder: Path) -> set[str]:
    """The names of the files in which gitleaks finds something."""
    report = folder.parent / "report.json"
    subprocess.run(
        [program, "dir", folder, "-f", "json", "-r", report, "--exit-code", "0", "--no-banner", "-l", "error"],
        check=True,
    )
    return {Path(found["File"]).name for found in json.loads(report.read_text())}


def by_detect_secrets(texts: list[Path]) -> set[str]:
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    hit = set()
    with default_settings():
        for text in texts:
            found = SecretsCollection()
            found.scan_file(str(text))
            if list(found):
                hit.add(text.name)
    return hit


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        every, program = cases(Path(sys.argv[1]).resolve(), work)
        folder = work / "cases"
        folder.mkdir()
        texts = [folder / f"{number:05d}.txt" for number in range(len(every))]
        for path, case in zip(texts, every, strict=True):
            path.write_text(case["text"])
        hits = {
            "yumen": {path.name for path, case in zip(texts, every, strict=True) if find_secrets(case["text"])},
            "gitleaks, all rules": by_gitleaks(program, texts, folder),
            "detect-secrets": by_detect_secrets(texts),
        }
        secret = {path.name for path, case in zip(texts, every, strict=True) if case["secret"]}
        other = {path.name for path in texts} - secret
        print(f"{len(secret)} secrets and {len(other)} others in {len({case['rule'] for case in every})} rules\n")
        print("| | secrets found | others reported |\n|---|---|---|")
        for name, hit in hits.items():
            print(f"| {name} | {len(hit & secret) / len(secret):.1%} | {len(hit & other) / len(other):.1%} |")
        names = {path.name: case["rule"] for path, case in zip(texts, every, strict=True)}
        print("\nyumen misses, by rule:", Counter(names[name] for name in secret - hits["yumen"]).most_common(40))
        print("yumen reports others, by rule:", Counter(names[name] for name in other & hits["yumen"]).most_common(30))


if __name__ == "__main__":
    main()
