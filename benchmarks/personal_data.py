"""Speed of personal-data detection: against stock Presidio and against the raw Hyperscan limit, on the same texts.

Run: `python benchmarks/personal_data.py`. CPU seconds of one thread, best of three, interleaved. Dense text is the
labelled test set (an entity about every 60 characters); sparse text is prose with one entity every 4 KB.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS"] = ""
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scanners.personal_data import inline  # noqa: E402
from scanners.personal_data.find import DEFAULT_THRESHOLD, detection, find  # noqa: E402
from scanners.personal_data.gate import gate  # noqa: E402
from scanners.personal_data.han import simplified  # noqa: E402
from scanners.personal_data.hidden import hidden  # noqa: E402
from scanners.personal_data.matcher import BLOCK, OVERLAP, matched  # noqa: E402
from scanners.personal_data.normalise import normalised  # noqa: E402
from scanners.personal_data.rules import all_rules  # noqa: E402

PROSE = (
    "The committee met again in the long hall above the river and spoke about the harvest, the roads and the school. "
    "Nobody expected a quick answer, and so the afternoon went by with slow remarks and long silences. "
    "委员会讨论了道路建设和教育问题，大家认为应当先修好桥梁，再考虑其他事情。"
)


ENGLISH, CHINESE = PROSE[: PROSE.index("委")], PROSE[PROSE.index("委") :]
GERMAN = (
    "Der Ausschuss traf sich wieder in der langen Halle über dem Fluss und sprach über die Ernte, die Straßen und die "
    "Schule. Niemand erwartete eine schnelle Antwort, und so verging der Nachmittag mit langsamen Bemerkungen. "
)


def labelled(part: str, characters: int) -> str:
    path = ROOT / "tests" / "scanners" / "personal_data" / "labelled.py"
    spec = importlib.util.spec_from_file_location("labelled", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["labelled"] = module
    spec.loader.exec_module(module)
    out: list[str] = []
    size = 0
    for sentence in module.sentences(1, part, 10**9):
        if sentence.spans:
            out.append(sentence.text)
            size += len(sentence.text) + 1
        if size >= characters:
            return "\n".join(out)[:characters]
    raise AssertionError


def sparse(characters: int, prose: str = PROSE) -> str:
    block = (prose * (4096 // len(prose)) + " Call 13812345678 now. ") * (characters // 4096 + 1)
    return block[:characters]


def with_presidio() -> Callable[[str], object]:
    """The rules inside Presidio's engine, as they run beside a team's own recognisers."""
    from scanners.personal_data.engine import Extras, analysed

    return lambda text: analysed(normalised(text).text, threshold=DEFAULT_THRESHOLD, extras=Extras())


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def stages(name: str, text: str) -> None:
    """Print how fast each stage reads the text alone, and its share of the whole."""
    rules = all_rules()
    plain = normalised(text)
    read = simplified(plain.text)
    found = matched(plain.text, rules, threshold=DEFAULT_THRESHOLD)
    blocks = [read[at : at + BLOCK + OVERLAP] for at in range(0, len(read), BLOCK)]
    works: dict[str, Callable[[], object]] = {
        "whole": lambda: find(text),
        "normalise": lambda: (normalised(text), simplified(plain.text)),
        "gate": lambda: [gate(rules).awake(block) for block in blocks],
        "rules": lambda: matched(plain.text, rules, threshold=DEFAULT_THRESHOLD),
        "base64": lambda: list(hidden(plain.text)),
        "settle": lambda: detection(plain, found, None),
        "one re": lambda: sum(1 for _ in re.finditer(r"(?<![A-Za-z0-9])1[3-9][0-9]{9}(?![0-9])", text)),
    }
    spent = {stage: seconds(work) for stage, work in works.items()}
    spent["rules"] -= spent["gate"]
    megabytes = len(text.encode()) / 1e6
    row = "  ".join(f"{stage} {megabytes / max(s, 1e-9):.1f} ({s / spent['whole']:.0%})" for stage, s in spent.items())
    print(f"{name:8} {row}")


def stock() -> Callable[[str], object]:
    """Presidio as it ships, without a model: its own predefined recognisers for English."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    from scanners.personal_data.engine import NoModel

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=NoModel())
    engine = AnalyzerEngine(registry=registry, nlp_engine=NoModel(), supported_languages=["en"])
    return lambda text: engine.analyze(text, "en")


def main() -> None:
    dense, thin = labelled("test", 5_000_000), sparse(5_000_000)
    gate(all_rules())
    awake = gate(all_rules()).awake
    presidio, inside = stock(), with_presidio()
    for warm in (dense[:3000], thin[:3000]):
        find(warm), inside(warm), presidio(warm[:500])
    print(f"{len(all_rules())} rules; MB are UTF-8 bytes; one thread\n")
    print(f"{'text':8} {'size':>9} {'own rules':>12} {'+ Presidio':>12} {'stock':>10} {'Hyperscan':>10}   own/stock")
    for name, text in (("dense", dense), ("sparse", thin)):
        sample = text[:30_000]
        base = len(sample.encode()) / seconds(lambda s=sample: presidio(s), 1) / 1e6
        for size in (100, 1_000, 10_000, 100_000, 1_000_000, 5_000_000):
            part = text[:size]
            megabytes = len(part.encode()) / 1e6
            loops = max(1, 20_000 // size)
            own = (
                megabytes
                * loops
                / seconds(lambda p=part, n=loops: [find(p) for _ in range(n)], 3 if size < 10**6 else 1)
            )
            full = (
                megabytes * loops / seconds(lambda p=part, n=loops: [inside(p) for _ in range(n)], 1)
                if size <= 10**6
                else float("nan")
            )
            blocks = [part[at : at + BLOCK + OVERLAP] for at in range(0, size, BLOCK)]
            raw = megabytes * loops / seconds(lambda b=blocks, n=loops: [awake(x) for _ in range(n) for x in b], 1)
            print(
                f"{name:8} {size:9,} {own:9.2f} MB/s {full:9.2f} MB/s {base:5.3f} MB/s {raw:5.1f} MB/s   {own / base:5.1f} ×"
            )
    print("\nstages, each alone: MB/s (share of the whole); 'one re' is one pass of one pattern, for comparison")
    for name, text in (
        ("english", sparse(500_000, ENGLISH)),
        ("german", sparse(500_000, GERMAN)),
        ("chinese", sparse(500_000, CHINESE)),
        ("dense", dense[:500_000]),
    ):
        stages(name, text)
    print("\ninline redaction, milliseconds a call (bars: 0.3 at 100 B, 2.5 at 1 KB)")
    for size in (100, 1_000):
        for name, text in (("dense", dense), ("sparse", thin)):
            part = text.encode()[:size].decode("utf-8", "ignore")
            spent = seconds(lambda p=part: [inline.redact_string(p) for _ in range(100)]) * 10
            print(f"{name:8} {size:5} B  {spent:6.3f} ms")


if __name__ == "__main__":
    main()
