"""Java's object serialisation (Weka, Spark, Deeplearning4j and others keep models so): the classes that it names.

Reading such a stream runs code of the classes in it. No class is passed; those that known chains are made of fail.
Format: Java Object Serialization Specification, chapter 6.
"""

from __future__ import annotations

import re

from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.vocabulary import words

MAGIC = b"\xac\xed\x00\x05"
_SEARCHED = 64 << 20
_CLASS = re.compile(rb"[rv]\x00([\x03-\xff])(?=[\w$.\[/;]{3})")
"""TC_CLASSDESC, or the interfaces of a proxy after their count, and the length of a name."""
_NAME = re.compile(rb"\[*L?[A-Za-z_$][\w$]*(?:[./][\w$]+)*;?")
_GADGETS = words("java_objects.gadgets")
"""Classes, and packages that end in a dot, of chains that run code while they are read (ysoserial and marshalsec)."""
_MAX_CLASSES = 100_000


def read_java(part: Part, scan: Examiner) -> None:
    """Judge the classes of a stream of Java objects."""
    scan.ledger.count("java object streams")
    names = class_names(part.data[:_SEARCHED])
    gadgets = sorted(name for name in names if _is_gadget(name))
    for name in gadgets[:20]:
        scan.ledger.find(
            "model.content.disguised_code", part.path, name, title="Reading the Java objects runs code of known chains"
        )
    scan.ledger.skip(part.path, "Java's serialisation runs code of the classes that it names")


def class_names(data: memoryview) -> set[str]:
    """Every class that a stream describes, in dotted form."""
    found: set[str] = set()
    for match in _CLASS.finditer(data):
        name = bytes(data[match.end() : match.end() + match[1][0]])
        if _NAME.fullmatch(name):
            found.add(name.decode("ascii").strip("[;").removeprefix("L").replace("/", "."))
        if len(found) > _MAX_CLASSES:
            break
    return found


def _is_gadget(name: str) -> bool:
    parts = name.split(".")
    return name in _GADGETS or any(".".join(parts[:length]) + "." in _GADGETS for length in range(1, len(parts)))
