"""Packages of language ecosystems, as installed; lock files only where nothing is installed."""

from __future__ import annotations

import json

import pytest

from scanners.images.observing import list_packages

YARN = """# yarn lockfile v1

"@babel/core@^7.0.0", "@babel/core@^7.1.0":
  version "7.1.5"
  resolved "https://example.invalid/x.tgz"

left-pad@1.3.0:
  version "1.3.0"
"""
BERRY = """__metadata:
  version: 6

"left-pad@npm:1.3.0":
  version: 1.3.0
  resolution: "x"

"app@workspace:.":
  version: 0.0.0-use.local
"""
PNPM = """lockfileVersion: '9.0'
packages:
  '@babel/core@7.1.5':
    resolution: {}
  left-pad@1.3.0(x@1):
    dev: false
"""
OLD_PNPM = "lockfileVersion: 5.4\npackages:\n  /left-pad/1.3.0:\n    dev: false\n  /gone/1.0.0:\n    dev: true\n"
LOCK = {"lockfileVersion": 3, "packages": {"": {"name": "app"}, "node_modules/left-pad": {"version": "1.3.0"},
        "node_modules/a/node_modules/@s/b": {"version": "2.0.0"},
        "node_modules/dev": {"version": "1.0.0", "dev": True}}}  # fmt: skip
OLD_LOCK = {"dependencies": {"left-pad": {"version": "1.3.0", "dependencies": {"b": {"version": "2.0.0"}}},
            "dev": {"version": "1.0.0", "dev": True}}}  # fmt: skip
GEMSPEC = """# -*- encoding: utf-8 -*-
# stub: rack 2.2.3 ruby lib

Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "2.2.3"
  s.licenses = ["MIT".freeze]
"""
INSTALLED = [{"name": "monolog/monolog", "version": "v2.0.1", "license": ["MIT"]}]
DEPS = {
    "targets": {
        "net8.0": {
            "App/1.0.0": {"runtime": {"App.dll": {}}},
            "Newtonsoft.Json/12.0.1": {"runtime": {"N.dll": {}}},
            "Ref/1.0.0": {},
        }
    },
    "libraries": {
        "App/1.0.0": {"type": "project"},
        "Newtonsoft.Json/12.0.1": {"type": "package"},
        "Ref/1.0.0": {"type": "package"},
    },
}


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        (
            "srv/node_modules/left-pad/package.json",
            {"name": "left-pad", "version": "1.3.0"},
            {("npm", "left-pad", "1.3.0")},
        ),
        ("srv/node_modules/@s/b/package.json", {"name": "@s/b", "version": "1.0.0"}, {("npm", "@s/b", "1.0.0")}),
        ("srv/package.json", {"name": "app", "version": "0.1.0"}, {("npm", "app", "0.1.0")}),
        ("srv/node_modules/x/test/package.json", {"name": "fixture", "version": "1.0.0"}, set()),
        ("srv/node_modules/x/package.json", {"type": "module"}, set()),
        ("srv/package-lock.json", LOCK, {("npm", "left-pad", "1.3.0"), ("npm", "@s/b", "2.0.0")}),
        ("srv/package-lock.json", OLD_LOCK, {("npm", "left-pad", "1.3.0"), ("npm", "b", "2.0.0")}),
        ("srv/yarn.lock", YARN, {("npm", "@babel/core", "7.1.5"), ("npm", "left-pad", "1.3.0")}),
        ("srv/yarn.lock", BERRY, {("npm", "left-pad", "1.3.0")}),
        ("srv/pnpm-lock.yaml", PNPM, {("npm", "@babel/core", "7.1.5"), ("npm", "left-pad", "1.3.0")}),
        ("srv/pnpm-lock.yaml", OLD_PNPM, {("npm", "left-pad", "1.3.0")}),
        (
            "usr/lib/ruby/gems/3.0.0/specifications/rack-2.2.3.gemspec",
            'Gem::Specification.new do |s|\n  s.name = "rack"\n  s.version = Gem::Version.new("2.2.3")\nend\n',
            {("gem", "rack", "2.2.3")},
        ),
        ("usr/lib/ruby/gems/3.0.0/specifications/rack-2.2.3.gemspec", GEMSPEC, {("gem", "rack", "2.2.3")}),
        ("usr/lib/ruby/gems/3.0.0/specifications/default/rack-2.2.3.gemspec", GEMSPEC, {("gem", "rack", "2.2.3")}),
        ("srv/vendor/composer/installed.json", INSTALLED, {("composer", "monolog/monolog", "v2.0.1")}),
        ("srv/vendor/composer/installed.json", {"packages": INSTALLED}, {("composer", "monolog/monolog", "v2.0.1")}),
        ("usr/src/nextcloud/3rdparty/composer/installed.json", INSTALLED, {("composer", "monolog/monolog", "v2.0.1")}),
        ("usr/lib/python3/dist-packages/lab/staging/package-lock.json", LOCK, set()),
        ("var/lib/gems/3.1.0/gems/typeprof-0.21.2/vscode/package-lock.json", LOCK, set()),
        ("usr/share/nodejs/lodash-cli/npm-shrinkwrap.json", LOCK, set()),
        ("app/App.deps.json", DEPS, {("nuget", "Newtonsoft.Json", "12.0.1")}),
        (
            "opt/conda/conda-meta/numpy-1.2-py.json",
            {"name": "numpy", "version": "1.2", "build": "py"},
            {("conda", "numpy", "1.2")},
        ),
        (
            "usr/lib/R/library/ggplot2/DESCRIPTION",
            "Package: ggplot2\nVersion: 3.4.0\nBuilt: R 4\n",
            {("cran", "ggplot2", "3.4.0")},
        ),
        ("srv/project/DESCRIPTION", "Just some words", set()),
    ],
)
def test_what_a_file_says_is_installed(image, layer, path, content, expected):
    text = content if isinstance(content, str) else json.dumps(content)
    listing = list_packages(image(layer().file(path, text)))
    assert {(package.type, package.name, package.version) for package in listing.packages} == expected


def test_a_lock_file_is_silent_beside_what_is_installed(image, layer):
    installed = json.dumps({"name": "left-pad", "version": "1.2.9"})
    files = (
        layer()
        .file("srv/node_modules/left-pad/package.json", installed)
        .file("srv/package-lock.json", json.dumps(LOCK))
    )
    assert [(package.name, package.version) for package in list_packages(image(files)).packages] == [
        ("left-pad", "1.2.9")
    ]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("srv/package.json", b"{"),
        ("srv/package.json", b"[]"),
        ("srv/package.json", b'{"name": "../x", "version": "1"}'),
        ("srv/package.json", b"[" * 100_000),
        ("srv/pnpm-lock.yaml", b"a: ["),
        ("srv/pnpm-lock.yaml", b"[" * 100_000),
        ("srv/pnpm-lock.yaml", b"a: &a [1]\nb: [*a, *a]"),
        ("srv/package-lock.json", b"\xff"),
        ("usr/lib/ruby/specifications/x.gemspec", b"system('rm -rf /')"),
        ("srv/vendor/composer/installed.json", b'"x"'),
        ("app/App.deps.json", b"{}"),
        ("opt/conda/conda-meta/x.json", b'{"name": 7}'),
    ],
)
def test_metadata_that_makes_no_sense_is_noted(image, layer, path, content):
    listing = list_packages(image(layer().file(path, content)))
    assert listing.packages == ()
    assert listing.skipped[0].what == path


@pytest.mark.parametrize(
    ("said", "licenses"),
    [
        ({"license": "MIT"}, ("MIT",)),
        ({"license": {"type": "BSD", "url": "x"}}, ("BSD",)),
        ({"licenses": [{"type": "MIT", "url": "x"}]}, ("MIT",)),
        ({"licenses": ["ISC"]}, ("ISC",)),
        ({"licenses": [7]}, ()),
        ({}, ()),
    ],
)
def test_the_licence_of_a_node_package(image, layer, said, licenses):
    listing = list_packages(
        image(layer().file("srv/package.json", json.dumps({"name": "a", "version": "1.0.0", **said})))
    )
    assert listing.packages[0].licenses == licenses
