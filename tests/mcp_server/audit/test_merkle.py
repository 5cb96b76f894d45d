"""The tree against RFC 6962's definition, computed the slow way."""

from __future__ import annotations

from hashlib import sha256

import pytest

from mcp_server.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    consistent,
    fold,
    included,
    inclusion_proof,
    leaf_hash,
    root_at,
    stored_count,
    stored_index,
)

SIZES = [*range(1, 18), 31, 32, 33, 64, 65]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH(D[n]) exactly as RFC 6962 §2.1 writes it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


ENTRIES = [f"entry {n}".encode() for n in range(70)]


@pytest.fixture(scope="module")
def node():
    stored: list[bytes] = []
    frontier = Frontier()
    for entry in ENTRIES:
        frontier.append(leaf_hash(entry), stored)
    return lambda level, n: stored[stored_index(level, n)]


# RFC 6962 reference tree of the Certificate Transparency project: inputs and roots of sizes 1 to 8.
CT_INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_the_roots_are_those_of_the_certificate_transparency_vectors() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT
    for text, root in zip(CT_INPUTS, CT_ROOTS, strict=True):
        frontier.append(leaf_hash(bytes.fromhex(text)))
        assert frontier.root().hex() == root


@pytest.mark.parametrize("size", SIZES)
def test_every_root_and_proof_of_a_tree_is_right(size: int, node) -> None:
    root = by_definition(ENTRIES[:size])
    assert root_at(size, node) == root
    for index in range(size):
        proof = inclusion_proof(index, size, node)
        leaf = leaf_hash(ENTRIES[index])
        assert included(leaf, index, size, proof, root)
        assert not included(leaf_hash(b"other"), index, size, proof, root)
        assert not included(leaf, index, size, [*proof, root], root)
        assert not included(leaf, size, size, proof, root)
        if proof:
            assert not included(leaf, index, size, proof[:-1], root)
            assert not included(leaf, index, size, [bytes(32), *proof[1:]], root)
    for old in range(size + 1):
        before = by_definition(ENTRIES[:old])
        proof = consistency_proof(old, size, node)
        assert consistent(old, before, size, root, proof)
        if 0 < old < size:
            assert not consistent(old, bytes(32), size, root, proof)
            assert not consistent(old, before, size, bytes(32), proof)
            assert not consistent(old, before, size, root, proof[:-1])


def test_hashes_are_stored_without_gaps() -> None:
    stored: list[bytes] = []
    frontier = Frontier()
    for size in range(1, 200):
        frontier.append(leaf_hash(b"x"), stored)
        assert len(stored) == stored_count(size)
        assert frontier.root() == fold(frontier.peaks)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int, node) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, node)


def test_a_tree_cannot_shrink_consistently(node) -> None:
    with pytest.raises(ValueError, match="consistency"):
        consistency_proof(5, 4, node)
    assert not consistent(5, bytes(32), 4, bytes(32), [])
