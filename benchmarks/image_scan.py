"""How fast an image is read and matched, beside what its decompressor and hashes alone would cost, and beside its peers.

    python benchmarks/image_scan.py IMAGE [--syft PATH] [--trivy PATH --trivy-cache FOLDER] [--grype PATH --grype-cache FOLDER]
        [--database FILE] [--rounds N]

IMAGE is an OCI layout or an archive. Every figure is CPU time (user and system, all children) of a cold process, and the
least of the rounds, interleaved so that noise meets all alike. `limit` decompresses and hashes every layer and does nothing else;
`catalogue` lists packages, `matched` lists and matches them with the database; `scan` also searches every file for credentials.
`trivy` and `grype` list and match with the database in their caches, which is not updated, and search for nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]

LIMIT = """
import sys
from pathlib import Path
from scanners.images.reading import verify_layers
from scanners.images.sources import open_image
with open_image(Path(sys.argv[1])) as image:
    verify_layers(image)
"""
CATALOGUE = """
import sys
from pathlib import Path
from scanners.images.observing import list_packages
print(len(list_packages(Path(sys.argv[1])).packages))
"""
MATCHED = """
import sys
from datetime import date
from pathlib import Path
from scanners.images.matching import match_packages
from scanners.images.observing import list_packages
from scanners.vulnerabilities.database import Database
listing = list_packages(Path(sys.argv[1]))
with Database(Path(sys.argv[2])) as database:
    found = match_packages(listing.packages, listing.image.layers, listing.distribution, database, maximum_age=30,
                           today=date.today()).vulnerabilities
print(len(listing.packages), len(found))
"""
SCAN = """
import sys
from pathlib import Path
from scanners.images.scan import scan_image
scan = scan_image(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
print(sum(scan.packages.values()), len(scan.vulnerabilities))
"""


def measured(command: list[str]) -> tuple[float, float, int, str]:
    """CPU seconds, wall seconds, peak resident MB and output of one cold process."""
    read, write = os.pipe()
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=write, cwd=ROOT, env=environment())
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        output = stream.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - started, used.ru_maxrss // 1024, output.decode()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "SYFT_CHECK_FOR_APP_UPDATE": "false", **GRYPE_OFFLINE}


GRYPE_OFFLINE = {
    "GRYPE_CHECK_FOR_APP_UPDATE": "false",
    "GRYPE_DB_AUTO_UPDATE": "false",
    "GRYPE_DB_REQUIRE_UPDATE_CHECK": "false",
    "GRYPE_DB_VALIDATE_AGE": "false",
    "GRYPE_DB_VALIDATE_BY_HASH_ON_START": "false",
}


def match_time(image: str, database: str) -> tuple[int, float]:
    """Packages, and the milliseconds that looking all of them up takes in a warm process."""
    sys.path.insert(0, str(ROOT))
    from datetime import date

    from scanners.images.matching import match_packages
    from scanners.images.observing import list_packages
    from scanners.vulnerabilities.database import Database

    listing = list_packages(Path(image))
    with Database(Path(database)) as opened:
        began = time.process_time()
        match_packages(
            listing.packages, listing.image.layers, listing.distribution, opened, maximum_age=30, today=date.today()
        )
        return len(listing.packages), (time.process_time() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("--syft", default=shutil.which("syft"), help="the peer, where it is installed")
    parser.add_argument("--trivy", help="another peer")
    parser.add_argument("--trivy-cache", help="the folder with its database")
    parser.add_argument("--grype", help="another peer")
    parser.add_argument("--grype-cache", help="the folder with its database")
    parser.add_argument("--database", help="vulnerability database for the scan")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    image = str(Path(arguments.image).resolve())
    python = [sys.executable, "-c"]
    contenders = {
        "limit": [*python, LIMIT, image],
        "catalogue": [*python, CATALOGUE, image],
        "scan": [*python, SCAN, image, *([str(Path(arguments.database).resolve())] if arguments.database else [])],
    }
    if arguments.database:
        contenders["matched"] = [*python, MATCHED, image, str(Path(arguments.database).resolve())]
    if arguments.trivy:
        offline = ["--skip-db-update", "--skip-java-db-update", "--skip-version-check", "--offline-scan"]
        cache = ["--cache-dir", str(Path(arguments.trivy_cache).resolve()), "--cache-backend", "memory"]
        asked = ["--scanners", "vuln", "--list-all-pkgs", "--format", "json", "-q"]
        contenders["trivy"] = [arguments.trivy, "image", *cache, *offline, *asked, "--input", image]
    source = f"oci-dir:{image}" if Path(image).is_dir() else image
    if arguments.grype:
        os.environ["GRYPE_DB_CACHE_DIR"] = str(Path(arguments.grype_cache).resolve())
        contenders["grype"] = [arguments.grype, source, "-q", "-o", "json"]
    if arguments.syft:
        contenders["syft"] = [arguments.syft, "scan", "-q", "-o", "syft-json", source]
    best: dict[str, tuple[float, float, int, str]] = {}
    for _ in range(arguments.rounds):
        for name, command in contenders.items():
            result = measured(command)
            best[name] = min(result, best.get(name, result), key=lambda item: item[0])
    size = (
        sum(file.stat().st_size for file in Path(image).rglob("*")) if Path(image).is_dir() else os.stat(image).st_size
    )
    print(f"{arguments.image}: {size / 1e6:.0f} MB stored; Python {sys.version.split()[0]}; {os.cpu_count()} cores")
    for name, (cpu, wall, memory, _) in best.items():
        print(f"{name:<10} {cpu:7.2f} s CPU {wall:7.2f} s wall {memory:6} MB")
    catalogue, limit = best["catalogue"], best["limit"]
    print(
        f"catalogue / limit {catalogue[0] / limit[0]:.2f}: the rest is imports, the tar walk and the package databases"
    )
    if "syft" in best:
        syft = best["syft"]
        artifacts = len(json.loads(syft[3])["artifacts"])
        print(f"syft / catalogue  {syft[0] / catalogue[0]:.1f} in CPU, {syft[2] / catalogue[2]:.1f} in memory")
        print(
            f"packages          {catalogue[3].strip()} here (without those owned by the distribution's), {artifacts} by syft"
        )
    if "trivy" in best:
        results = json.loads(best["trivy"][3]).get("Results") or []
        counts = [sum(len(result.get(kind) or ()) for result in results) for kind in ("Packages", "Vulnerabilities")]
        print(f"trivy             {counts[0]} packages, {counts[1]} vulnerabilities")
    if "grype" in best:
        print(f"grype             {len(json.loads(best['grype'][3])['matches'])} vulnerabilities")
    if "matched" in best:
        print(f"matched           {best['matched'][3].strip()}")
        for peer in best.keys() & {"trivy", "grype"}:
            print(f"{f'{peer} / matched':<17} {best[peer][0] / best['matched'][0]:.1f} in CPU")
    if arguments.database:
        packages, milliseconds = match_time(image, arguments.database)
        rate = milliseconds / max(packages, 1) * 1000
        print(f"match             {packages} packages in {milliseconds:.0f} ms ({rate:.0f} ms per 1,000)")


if __name__ == "__main__":
    main()
