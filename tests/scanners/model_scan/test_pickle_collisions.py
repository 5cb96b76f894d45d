"""Keys that hash alike: numbers by Python's modulus, tuples by inverting their hash; the same key may come again and again."""

import pickle
import sys
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest

from scanners.model_scan import pickle_collisions
from scanners.model_scan.pickle_collisions import Collisions
from scanners.model_scan.scan import scan_bytes

MODULUS = sys.hash_info.modulus
BITS = (1 << 64) - 1
PRIMES = 11400714785074694791, 14029467366897019727, 2870177450012600261
"""Of the hash of tuples, a form of xxHash (`Objects/tupleobject.c`)."""


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & BITS


def alike(number: int) -> list[tuple[int, int]]:
    """Different pairs that all have one hash: for each first number, the second is computed."""
    first, second, fifth = PRIMES
    pairs, left = [], 0
    while len(pairs) < number:
        left += 1
        before = _rotated(fifth + left * second & BITS, 31) * first & BITS
        wanted = _rotated(1234567890 * pow(first, -1, 1 << 64) & BITS, 33)
        right = (wanted - before) * pow(second, -1, 1 << 64) & BITS
        if right < MODULUS:
            pairs.append((left, right))
    return pairs


def test_the_pairs_have_one_hash():
    assert len({hash(pair) for pair in alike(50)}) == 1


@pytest.mark.parametrize(("number", "wanted"), [(4000, "fail"), (500, "pass")])
def test_tuples_that_hash_alike(verdict, number, wanted):
    assert verdict(scan_bytes("m.pkl", pickle.dumps(dict.fromkeys(alike(number))))) == wanted
    assert verdict(scan_bytes("m.pkl", pickle.dumps(set(alike(number))))) == wanted


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([{(0, 1): 0, 1 << 70: 1} for _ in range(5000)], id="the same keys in many dictionaries"),
        pytest.param({number << 64: None for number in range(20_000)}, id="numbers with their low bits in common"),
        pytest.param({(row, column): None for row in range(200) for column in range(200)}, id="a grid"),
        pytest.param({(row / 2, "a"): None for row in range(20_000)}, id="floats and texts"),
    ],
)
def test_many_honest_keys(verdict, value):
    assert verdict(scan_bytes("m.pkl", pickle.dumps(value))) == "pass"


def test_memo_keys_that_hash_alike_are_not_kept(verdict):
    keys = b"".join(b"p%d\n" % (number * MODULUS + 5) for number in range(1, 100_000))
    assert verdict(scan_bytes("m.pkl", b"\x80\x04N" + keys + b".")) == "unknown"


def test_keys_that_are_made_to_crowd_the_count_itself_count_as_alike():
    undo = pow(pickle_collisions._SPREAD, -1, 1 << 64)
    crowd = [key for low in range(100_000) if (key := (7 << 48 | low) * undo & BITS) < MODULUS]
    assert Collisions().add(crowd)


ALIKE_NUMBERS = [number * MODULUS + 5 for number in range(1, 4000)]


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([Decimal(number) for number in ALIKE_NUMBERS], id="Decimal"),
        pytest.param([Fraction(number, 1) for number in ALIKE_NUMBERS], id="Fraction"),
        pytest.param([UUID(int=number) for number in ALIKE_NUMBERS], id="UUID"),
        pytest.param([range(number, number + 1) for number in ALIKE_NUMBERS], id="range"),
        pytest.param([complex(10**12 - 1000003 * number, number) for number in range(4000)], id="complex"),
        pytest.param([frozenset((number,)) for number in ALIKE_NUMBERS], id="frozenset"),
        pytest.param([((0,) * 100, number) for number in ALIKE_NUMBERS], id="large tuples"),
    ],
)
def test_values_that_hash_as_their_numbers(verdict, keys):
    assert verdict(scan_bytes("m.pkl", pickle.dumps(dict.fromkeys(keys)))) == "fail"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda number: Decimal(number) / 7, id="Decimal"),
        pytest.param(lambda number: Fraction(number, 7), id="Fraction"),
        pytest.param(lambda number: UUID(int=number << 64 | 7), id="UUID"),
        pytest.param(lambda number: frozenset((number, "a")), id="frozenset"),
        pytest.param(lambda number: ((0,) * 100, number), id="large tuples"),
    ],
)
def test_honest_values_of_these_kinds(verdict, make):
    keys = [make(number) for number in range(3000)]
    assert verdict(scan_bytes("m.pkl", pickle.dumps([dict.fromkeys(keys) for _ in range(3)]))) == "pass"


def test_a_large_tuple_in_many_keys_is_gone_through_once(verdict):
    inner = pickle.dumps((1,) * 9000, 2)[2:-1]
    keys = b"".join(b"(h\xff" + b"M" + number.to_bytes(2, "little") + b"tN" for number in range(60_000))
    content = b"\x80\x02" + inner + b"q\xff0}(" + keys + b"u."
    assert verdict(scan_bytes("m.pkl", content)) == "fail"
