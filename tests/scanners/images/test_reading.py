"""Layers that are read at once: the same answer as one by one, in bounded memory, and nothing left behind."""

from __future__ import annotations

import io
import os
import random
import threading
from dataclasses import asdict, replace

import pytest

from scanners.errors import UnreadableInput
from scanners.images.catalogue import PROBES, WANTED
from scanners.images.limits import Limits
from scanners.images.malware import load_rules
from scanners.images.reading import read, verify_layers
from scanners.images.sources import open_image
from scanners.oci.digests import DigestMismatch

KEY = "AKIA" + "Z7Q2" * 4


@pytest.fixture(autouse=True)
def four_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(4)))


@pytest.fixture
def many_layers(image, layer, samples):
    """An image of ten layers in which files are kept, changed, deleted, hidden and looked into."""
    chance = random.Random(7)
    layers = []
    for number in range(10):
        content = layer().file("var/lib/dpkg/status", samples.dpkg("x", f"1.{number}") * (number + 1))
        for file in range(chance.randrange(3, 30)):
            name = f"opt/p{file}.dist-info/METADATA"
            if number and chance.random() < 0.2:
                content.whiteout(name)
            else:
                content.file(name, samples.python(f"p{file}", f"{number}"))
        content.file(f"srv/{chance.randrange(4)}.conf", f"key = {KEY}\n" * chance.randrange(3))
        content.file("bin/tool", b"\x7fELF" + chance.randbytes(50_000))
        layers.append(content.symlink(f"etc/os-release{number}", "../opt/x"))
    return image(*layers, compression="zstd")


def all_of(root, limits, rules=None):
    """Everything that reading found, in its order."""
    found = load_rules(rules) if rules else None
    with open_image(root) as opened:
        system = read(opened, WANTED, PROBES, secrets=True, hashes=True, rules=found, limits=limits)
    return {
        "skipped": system.skipped,
        "entries": (system.entries, system.expanded_bytes),
        "contents": list(system.contents.items()),
        "versions": dict(system.versions),
        "seen": list(system.seen.items()),
        "hidden": system.hidden,
        "hashes": [(blob, hasher.digest()) for blob, hasher in system.hashes.items()],
        "tree": [(path, node.kind, node.layer, node.blob) for path, node in system.tree.walk()],
        "candidates": [path for path, _ in system.candidates],
        "rules": (found.matched, found.skipped) if found else None,
    }


@pytest.mark.parametrize(
    "limits",
    [
        Limits(),
        Limits(ahead_entries=0, ahead_bytes=0),
        Limits(ahead_entries=10_000, ahead_bytes=500),
        Limits(kept_total=5000),
        Limits(kept_total=5000, ahead_bytes=2000),
        Limits(entries=60),
        Limits(entries=60, ahead_entries=0),
        Limits(entries=60, kept_total=2000),
        Limits(secrets=3),
        Limits(layers=4),
        Limits(layer_bytes=60_000),
        Limits(probed_file=1000, kept_file=400),
    ],
    ids=lambda limits: str({name: value for name, value in asdict(limits).items() if value != asdict(Limits())[name]}),
)
def test_what_is_found_does_not_depend_on_how_many_are_read_at_once(many_layers, limits):
    one = all_of(many_layers, replace(limits, readers=1))
    assert one["contents"] or one["skipped"]
    for readers in (2, 3, 4):
        assert all_of(many_layers, replace(limits, readers=readers)) == one


def test_rules_find_the_same_however_many_are_read_at_once(many_layers, tmp_path):
    pytest.importorskip("yara_x")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "key.yar").write_text('rule key { strings: $a = "AKIA" condition: $a }')
    one = all_of(many_layers, Limits(readers=1), tmp_path / "rules")
    assert one["rules"][0]
    assert all_of(many_layers, Limits(readers=4), tmp_path / "rules") == one


@pytest.mark.parametrize("reader", [lambda image: read(image, WANTED), verify_layers], ids=["read", "verify"])
def test_layers_really_are_read_at_once(image, layer, reader):
    with open_image(image(layer().file("a"), layer().file("b"), layer().file("c"))) as opened:
        met = threading.Barrier(3)

        def waiting(original):
            def opener():
                met.wait(timeout=30)
                return original()

            return opener

        together = replace(opened, layers=tuple(replace(part, open=waiting(part.open)) for part in opened.layers))
        reader(together)
    assert not met.broken


@pytest.mark.parametrize("broken", [(2,), (0, 2), (1, 3), (0, 1, 2, 3)])
def test_the_error_is_that_of_the_lowest_layer(image, layer, broken):
    with open_image(image(*(layer().file(f"f{number}", os.urandom(2000)) for number in range(4)))) as opened:
        layers = [
            replace(part, diff_id="sha256:" + "0" * 64) if number in broken else part
            for number, part in enumerate(opened.layers)
        ]
        with pytest.raises(DigestMismatch, match=opened.layers[broken[0]].name):
            read(replace(opened, layers=tuple(layers)), WANTED)


class Endless(io.RawIOBase):
    """A layer that never ends."""

    def read(self, size=-1):
        return bytes(size)


def test_nobody_reads_on_when_the_image_is_given_up(image, layer):
    with open_image(image(layer().file("a"), layer().file("b"), layer().file("c"))) as opened:
        first, second, third = opened.layers
        broken = replace(first, diff_id="sha256:" + "0" * 64)
        endless = replace(second, open=Endless, digest=None, size=None)
        with pytest.raises(DigestMismatch):
            read(replace(opened, layers=(broken, endless, third)), WANTED, limits=Limits(layer_bytes=2**60))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("layer")]


def test_a_layer_that_cannot_be_opened_ends_the_reading(image, layer):
    def refuse():
        raise UnreadableInput("gone")

    with open_image(image(layer().file("a"), layer().file("b"))) as opened:
        layers = (opened.layers[0], replace(opened.layers[1], open=refuse))
        for reader in (lambda image: read(image, WANTED), verify_layers):
            with pytest.raises(UnreadableInput, match="gone"):
                reader(replace(opened, layers=layers))
