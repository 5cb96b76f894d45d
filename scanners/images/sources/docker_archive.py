"""What 'docker save' writes: manifest.json naming a configuration and layers, old (<id>/layer.tar) and new."""

from __future__ import annotations

import re
from functools import partial

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from scanners.errors import UnreadableInput
from scanners.images.sources.interface import Image, Layer, Members, NoSuchImage
from scanners.images.sources.oci_layout import parse_platform
from scanners.oci import digests
from scanners.oci.manifests import MAXIMUM_CONFIG, MAXIMUM_MANIFEST, ImageConfig, Platform, parse

_HEX = re.compile(r"(?:.*/)?([a-f0-9]{64})(?:\.json|\.tar|\.tar\.gz)?\Z")


class _Saved(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    config: str = Field(alias="Config", max_length=4096)
    tags: list[str] | None = Field(default=None, alias="RepoTags")
    layers: list[str] = Field(alias="Layers", max_length=10_000)


_SAVED = TypeAdapter(list[_Saved])


def docker_image(members: Members, platform: str | None, reference: str | None) -> Image:
    """The image in the archive, or the one that `reference` (a tag or image id) names."""
    try:
        saved = _SAVED.validate_json(members.read("manifest.json", MAXIMUM_MANIFEST))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UnreadableInput(f"manifest.json is not valid: {first['loc']}: {first['msg']}") from error
    fitting = [item for item in saved if _is_named(item, reference)]
    if len(fitting) != 1:
        names = ", ".join(tag for item in saved for tag in item.tags or [item.config])[:500]
        raise NoSuchImage(
            f"the archive holds {len(fitting)} images that fit, of: {names}",
            remedy="name one by its tag or image id as 'reference'",
        )
    (chosen,) = fitting
    data = members.read(chosen.config, MAXIMUM_CONFIG)
    if match := _HEX.match(chosen.config):
        # The configuration's name is its digest: the image id.
        digests.verify(data, f"sha256:{match[1]}", "the configuration")
    config = parse(ImageConfig, data, "the configuration")
    found = Platform(os=config.os, architecture=config.architecture, variant=config.variant)
    if platform is not None:
        wanted = parse_platform(platform)
        if (found.os, found.architecture) != (wanted.os, wanted.architecture):
            raise NoSuchImage(f"the image is for {found}, not {wanted}", remedy="leave 'platform' out, or change it")
    diff_ids = config.rootfs.diff_ids
    if len(chosen.layers) != len(diff_ids):
        raise UnreadableInput(f"manifest.json has {len(chosen.layers)} layers, the configuration has {len(diff_ids)}")
    return Image(
        name=(chosen.tags or [""])[0],
        platform=str(found),
        manifest_digest=None,
        index_digest=None,
        config_digest=digests.sha256(data),
        config=config,
        layers=tuple(_layer(members, name, diff_id) for name, diff_id in zip(chosen.layers, diff_ids, strict=True)),
    )


def _layer(members: Members, name: str, diff_id: str) -> Layer:
    digests.hasher(diff_id)
    return Layer(diff_id, None, None, diff_id, partial(members.open, name))


def _is_named(item: _Saved, reference: str | None) -> bool:
    if reference is None or reference in (item.tags or ()):
        return True
    match = _HEX.match(item.config)
    return match is not None and reference.removeprefix("sha256:") == match[1]
