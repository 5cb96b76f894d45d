"""How well and how fast `model_scan` finds malicious model files, next to picklescan, modelscan, fickling and modelaudit.

    python benchmarks/model_scan.py --peers /path/to/peers --libraries /path/to/ml/bin/python

`--peers` names a folder with a virtual environment for each peer (`picklescan/bin/python`, …), or one interpreter that
has them all; a peer that is not there, or does not end in `--seconds`, has no figures. Without it only Yumen is measured.
`--libraries` names an interpreter with joblib, numpy, scikit-learn, h5py, onnx, safetensors, gguf, skops, lightgbm, xgboost,
dill, cloudpickle: it writes files with these libraries; without it only generated samples are used. Verdicts are those of
the shipped policy: fail for anything critical or high, unknown for anything that was not examined, else pass. CPU is that
of the scan itself, after imports.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scanners.findings import Report  # noqa: E402
from scanners.model_scan import scan_model  # noqa: E402

PEERS = ("picklescan", "modelscan", "fickling", "modelaudit")


def samples_module() -> ModuleType:
    sys.path.insert(0, str(ROOT / "tests/scanners/model_scan"))
    return importlib.import_module("samples")


def verdict(report: Report) -> str:
    if any(finding.severity in ("critical", "high") for finding in report.findings):
        return "fail"
    return "unknown" if report.coverage.skipped else "pass"


def own_answers(folder: Path) -> tuple[dict[str, str], float]:
    answers, started = {}, time.process_time()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            answers[str(path.relative_to(folder))] = verdict(scan_model(path))
    return answers, time.process_time() - started


def peer_answers(peers: Path, peer: str, folder: Path, seconds: float) -> tuple[dict[str, str], float]:
    python = peers / peer / "bin/python" if peers.is_dir() else peers
    command = [str(python), str(ROOT / "benchmarks/model_scan_peers.py"), peer, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return result["answers"], result["cpu"]


def write_samples(folder: Path, seed: int, limit: int | None) -> None:
    samples = samples_module()
    for kind, made in (("hostile", samples.hostile(seed, limit=limit)), ("benign", samples.benign())):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for sample in made:
            (folder / kind / sample.name).write_bytes(sample.content)


def row(name: str, hostile: dict[str, str], benign: dict[str, str], cpu: float, own_cpu: float) -> str:
    bad, good = Counter(hostile.values()), Counter(benign.values())
    return (
        f"{name:<12}{bad['fail'] / len(hostile):>9.1%}{bad['pass']:>10}{bad['unknown']:>10}"
        f"{good['fail'] / len(benign):>12.1%}{good['unknown']:>10}{cpu:>9.2f}{cpu / own_cpu:>8.1f}×"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--libraries", type=Path)
    parser.add_argument(
        "--seconds", type=float, default=1800.0, help="for one peer on the hostile, or the benign, files"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="this many hostile samples, chosen by the seed")
    parser.add_argument(
        "--misses", action="store_true", help="name every hostile file not called fail, and false alarms"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_samples(folder, options.seed, options.limit)
        if options.libraries:
            script = ROOT / "benchmarks/model_scan_libraries.py"
            subprocess.run([str(options.libraries), str(script), str(folder)], check=True, stdout=subprocess.DEVNULL)
        own_answers(folder / "benign")  # load the tables once
        hostile, cpu_bad = own_answers(folder / "hostile")
        benign, cpu_good = own_answers(folder / "benign")
        own = cpu_bad + cpu_good
        print(f"{len(hostile)} hostile and {len(benign)} benign files, seed {options.seed}")
        print(
            f"{'':<12}{'detected':>9}{'passed':>10}{'unknown':>10}{'false fail':>12}{'unknown':>10}{'CPU s':>9}{'ratio':>9}"
        )
        print(row("yumen", hostile, benign, own, own))
        for peer in PEERS if options.peers else ():
            try:
                bad, first = peer_answers(options.peers, peer, folder / "hostile", options.seconds)
                good, second = peer_answers(options.peers, peer, folder / "benign", options.seconds)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"{peer:<12}{type(error).__name__}", flush=True)
                continue
            print(row(peer, bad, good, first + second, own), flush=True)
        if options.misses:
            for answers, expected in ((hostile, "fail"), (benign, "pass")):
                print("\n".join(f"{answer}: {file}" for file, answer in answers.items() if answer != expected))
        alarms = sum(answer == "fail" for answer in benign.values()) / len(benign)
        detected = sum(answer == "fail" for answer in hostile.values()) / len(hostile)
        met = detected >= 0.99 and alarms <= 0.01 and "pass" not in hostile.values()
        print(f"bars (detection ≥ 99 %, false fail ≤ 1 %, no hostile pass): {'met' if met else 'NOT met'}")
        return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
