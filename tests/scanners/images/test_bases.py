"""On which image another was built."""

from __future__ import annotations

import json

import pytest

from scanners.images.bases import BaseImage, find_base, known_base
from scanners.images.sources import open_image

EMPTY = {"empty_layer": True}
DEBIAN = [
    {"created_by": "/bin/sh -c #(nop) ADD file:1 in /"},
    {"created_by": '/bin/sh -c #(nop)  CMD ["bash"]', **EMPTY},
]
PYTHON = [
    {"created_by": "ENV LANG=C.UTF-8", **EMPTY},
    {"created_by": "RUN /bin/sh -c build # buildkit"},
    {"created_by": 'CMD ["python3"]', **EMPTY},
]
APP = [{"created_by": "COPY . /srv # buildkit"}, {"created_by": 'ENTRYPOINT ["app"]', **EMPTY}]


@pytest.fixture
def found(layout, layer):
    """The base that is found of an image of some layers, with a history, labels and annotations."""

    def find(names, history=None, labels=None, annotations=None, folder=None):
        config = {"history": history} | ({"config": {"Labels": labels}} if labels else {})
        builder = layout("-".join(names) + str(bool(history)) + str(bool(labels)) + str(bool(annotations)))
        entry = builder.manifest(
            [layer().file(name, name).bytes() for name in names],
            config={
                "rootfs": {"type": "layers", "diff_ids": [_diff_id(layer, name) for name in names]},
                **{key: value for key, value in config.items() if value},
            },
            change=lambda manifest: manifest.update(annotations=annotations) if annotations else None,
        )
        with open_image(builder.index(entry)) as image:
            return find_base(image, folder)

    return find


def _diff_id(layer, name: str) -> str:
    import hashlib

    return f"sha256:{hashlib.sha256(layer().file(name, name).bytes()).hexdigest()}"


@pytest.mark.parametrize(
    ("names", "history", "layers"),
    [
        (("a", "b"), [*DEBIAN, *APP], 1),
        (("a", "b", "c"), [*DEBIAN, *PYTHON, *APP], 2),
        (("a", "b"), [*DEBIAN, *PYTHON], 1),
        (("a",), DEBIAN, 0),  # nothing lies above
        (("a", "b"), [{"created_by": "COPY a"}, {"created_by": "COPY b"}], 0),
        (("a", "b"), [*DEBIAN, *PYTHON, *APP], 0),  # the history is of other layers
        (("a", "b"), None, 0),
    ],
)
def test_a_base_image_ends_with_what_it_starts(found, names, history, layers):
    base, troubles = found(names, history)
    assert (base.layers if base else 0, troubles) == (layers, [])
    assert base is None or (base.how, base.name) == ("history", "")


def test_what_an_image_states(found):
    name, digest = "docker.io/library/debian:12", "sha256:" + "b" * 64
    notes = {"org.opencontainers.image.base.name": name, "org.opencontainers.image.base.digest": digest}
    assert found(("a", "b"), [*DEBIAN, *APP], annotations=notes)[0] == BaseImage(name, digest, 1, "stated")
    assert found(("a", "b"), None, labels=notes)[0] == BaseImage(name, digest, 0, "stated")


def test_what_the_operator_knows_counts_most_and_the_largest_that_fits(found, layout, layer, tmp_path):
    folder = tmp_path / "bases"
    folder.mkdir()
    for name, names in (("small", "a"), ("large", "ab"), ("other", "ax"), ("same", "abc")):
        builder = layout(f"base-{name}")
        with open_image(builder.index(builder.manifest([layer().file(one, one).bytes() for one in names]))) as image:
            (folder / f"{name}.json").write_text(known_base(image, name).model_dump_json())
    notes = {"org.opencontainers.image.base.name": "something else"}
    base, troubles = found(("a", "b", "c"), [*DEBIAN, *PYTHON, *APP], annotations=notes, folder=folder)
    assert (base.name, base.layers, base.how, troubles) == ("large", 2, "known", [])
    assert found(("x", "y"), folder=folder)[0] is None


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"name": "x", "digest": "x", "diff_ids": []})])
def test_a_file_that_is_no_base_image_is_named(found, tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    base, troubles = found(("a", "b"), folder=tmp_path)
    assert base is None
    assert troubles[0].what == "base image in x.json"
