"""Pickles where they lie: one after the other, around joblib's raw arrays, hidden behind a STOP or inside other bytes."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

import hyperscan

from scanners.model_scan.limits import Budget
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_arguments import LONG_LINE, MAX_EMBEDDED, Run
from scanners.model_scan.pickle_calls import CallJudge
from scanners.model_scan.pickle_machine import PickleMachine
from scanners.model_scan.pickle_notes import TENTATIVE_RULES, Note
from scanners.model_scan.pickle_opcodes import OPCODES
from scanners.model_scan.pickle_values import Blob, Global, Result, Value, render
from scanners.patterns import Patterns, compiled_once

MAX_PICKLES = 20_000
MAX_CANDIDATES = 200_000
MAX_SEARCHED = 4 << 30
_TENTATIVE_OPCODES = 200_000
_SNIFFED_OPCODES = 4000
_TELLING_OPCODES = 20
"""So many in a row are no chance."""
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_PICKLES = 5
"""Magic number, protocol, system, the object, and the keys of its storages."""
_TENTATIVE_LINE = 1 << 14
_SEARCH_CHUNK = 1 << 24
_SEARCH_OVERLAP = 512
_WRAPPERS = frozenset(
    ["joblib.numpy_pickle.NumpyArrayWrapper", "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper"]
)
_MEMO = rb"(?:\x94|q.|r.{4}|p[0-9]+\n|0)?"
_STARTS = (
    rb"\x80[\x00-\x05][\x28-\x32\x42-\x58\x5d-\x7d\x80-\x98]",
    rb"[ci][A-Za-z_][A-Za-z0-9_.]*\r?\n[A-Za-z_][A-Za-z0-9_.]*\r?\n",
    rb"[A-Za-z0-9_.]" + _MEMO + rb"(?:\x8c.|X.{4}|U.|T.{4})[A-Za-z_][A-Za-z0-9_.]*" + _MEMO + rb"\x93",
)
"""How a pickle payload begins: a protocol header, a GLOBAL or INST, two strings and STACK_GLOBAL."""
_WINDOW = 300
_MAX_MODEL_TEXT = 256 << 20
_NAMED = re.compile(rb"[A-Za-z0-9_.]*\r?\n[A-Za-z_][A-Za-z0-9_.]*\r?\n\Z")
_STRINGS = re.compile(rb"(?:\x8c.|X.{4}|U.|T.{4})(?=[A-Za-z_][A-Za-z0-9_.]*)", re.S)
_DOTTED = re.compile(r"[A-Za-z_][\w.]*\Z")


def read_pickle(part: Part, scan: Examiner) -> None:
    """Examine a file whose content is one pickle or several."""
    ledger, data = scan.ledger, part.data
    size = len(data)
    position = 0
    first: Value = None
    number = 0
    while number < MAX_PICKLES:
        number += 1
        judge, run = _run(part, scan, position)
        ledger.count("pickles")
        _record(part, scan, judge.observations())
        _examine_nested(part, scan, judge)
        if run.sparse is not None:
            offset, key = run.sparse
            ledger.find("model.pickle.exhaustion", part.path, f"a memo of {key} entries is set aside", offset=offset)
        for offset, what in run.divergences[:5]:
            ledger.find("model.pickle.malformed", part.path, what, offset=offset)
        if run.divergences:
            ledger.skip(part.path, "the pickle is malformed: loaders may disagree on it")
        if not run.stopped:
            ledger.find("model.pickle.malformed", part.path, run.error, offset=run.end)
            ledger.skip(part.path, f"the pickle cannot be followed to its end: {run.error}")
            search_hidden(part, scan, run.end, size, same_stream=True)
            return
        position = run.end
        first = run.result if first is None else first
        if position >= size:
            return
        if first == _TORCH_MAGIC and number >= _TORCH_PICKLES:
            break  # torch's loader reads no more: tensors follow, and 128 elements look like a pickle's first bytes
        if not starts_pickle(data, position, ledger.budget):
            break
    else:
        ledger.skip(part.path, f"more than {MAX_PICKLES} pickles in one file")
    if any(data[position : position + 4096]) or any(data[-4096:]):
        ledger.find(
            "model.pickle.trailing_data",
            part.path,
            f"{size - position} bytes after the last pickle",
            offset=position,
        )
        if first != _TORCH_MAGIC or number < _TORCH_PICKLES:  # torch's old format keeps its raw tensors there
            ledger.skip(part.path, f"{size - position} bytes after the pickle that no loader is known to read")
    search_hidden(part, scan, position, size)


def starts_pickle(data: memoryview, position: int, budget: Budget) -> bool:
    """Whether a loader could read a pickle at `position`: a protocol header, or a stream that runs to its STOP."""
    head = bytes(data[position : position + 2])
    if len(head) == 2 and head[0] == 0x80 and head[1] <= 5:
        return True
    judge = CallJudge(data=data, budget=budget)
    run = PickleMachine(data, position, judge, budget, max_opcodes=_TENTATIVE_OPCODES, max_line=_TENTATIVE_LINE).run()
    if run.stopped and not run.divergences and run.opcodes > 1:
        return True
    return any(note.rule in TENTATIVE_RULES for note in judge.observations())


def is_constant(data: memoryview, start: int, end: int) -> bool:
    """Whether data[start:end] is what one opcode puts on the stack as bytes: a file that was pickled as a value."""
    length = end - start
    return any(
        bytes(data[max(0, start - len(opening)) : start]) == opening
        for opening in (
            *(code + length.to_bytes(8, "little") for code in (b"\x8e", b"\x96")),
            *(code + length.to_bytes(4, "little") for code in (b"B", b"T") if length < 1 << 32),
            *(b"C" + length.to_bytes(1, "little") for _ in range(length < 256)),
        )
    )


@dataclass(frozen=True, slots=True)
class Sniffed:
    """How much a stream looks like a pickle when read as one from its first byte."""

    complete: bool
    alarming: bool
    opcodes: int


def sniff_pickle(data: memoryview, budget: Budget) -> Sniffed:
    """Read `data` as a pickle, tentatively: it may be anything."""
    if bytes(data[:1]) not in OPCODES:
        return Sniffed(complete=False, alarming=False, opcodes=0)
    judge = CallJudge(data=data, budget=budget)
    run = PickleMachine(data, 0, judge, budget, max_opcodes=_SNIFFED_OPCODES, max_line=_TENTATIVE_LINE).run()
    alarming = any(note.rule in TENTATIVE_RULES for note in judge.observations())
    # Protocol 0 writes an array on one line.
    telling = run.opcodes > _TELLING_OPCODES or bool(judge.globals)
    bounded = run.error == "the bound on opcodes was reached" or (run.error == LONG_LINE and telling)
    return Sniffed((run.stopped or bounded) and not run.divergences, alarming, run.opcodes)


def search_hidden(part: Part, scan: Examiner, start: int, end: int, *, same_stream: bool = False) -> None:
    """Look for pickle payloads in bytes that are not a pickle as a whole."""
    ledger, data = scan.ledger, part.data
    if end - start > MAX_SEARCHED:
        ledger.skip(part.path, f"only the first {MAX_SEARCHED} of {end - start} raw bytes were searched for payloads")
        end = start + MAX_SEARCHED
    done_until = start
    for number, candidate in enumerate(_candidates(data, start, end, ledger.budget)):
        if number >= MAX_CANDIDATES:
            ledger.skip(part.path, "too many places that look like a pickle; the rest was not searched")
            return
        if candidate < done_until:
            continue
        judge = CallJudge(data=data, budget=ledger.budget)
        run = PickleMachine(
            data, candidate, judge, ledger.budget, max_opcodes=_TENTATIVE_OPCODES, max_line=_TENTATIVE_LINE
        ).run()
        alarms = [note for note in judge.observations() if note.rule in TENTATIVE_RULES]
        for note in alarms:
            ledger.find(
                note.rule if same_stream else "model.pickle.hidden_payload",
                part.path,
                note.evidence,
                offset=note.offset,
            )
        if alarms:
            done_until = run.end
        elif judge.globals and all(_DOTTED.match(word) for pair in judge.globals for word in pair):
            _record(part, scan, judge.observations())
            done_until = run.end
        if judge.globals:
            _examine_nested(part, scan, judge)
        if ledger.alarmed and number > 1000:
            return


def _candidates(data: memoryview, start: int, end: int, budget: Budget) -> list[int]:
    found: set[int] = set()

    def on_match(identifier: int, _begin: int, finish: int, _flags: int, _context: object) -> bool:
        # Where a match ends is certain; where it began is looked up in the bytes before.
        low = max(0, finish - _WINDOW)
        window = chunk[low:finish]
        if identifier == 0:
            found.add(base + finish - 3)
        elif identifier == 1 and (named := _NAMED.search(window)) is not None:
            word = window[named.start() : window.index(b"\n", named.start())]
            found.update(base + low + named.start() + at for at, byte in enumerate(word) if byte in b"ci")
        else:
            found.update(base + low + string.start() for string in _STRINGS.finditer(window))
        return len(found) > MAX_CANDIDATES

    for base in range(start, end, _SEARCH_CHUNK):
        budget.check_time()
        chunk = bytes(data[base : min(base + _SEARCH_CHUNK + _SEARCH_OVERLAP, end)])
        try:
            _starts().scan(chunk, on_match)
        except hyperscan.ScanTerminated:
            break
    return sorted(found)


@compiled_once
def _starts() -> Patterns:
    database = hyperscan.Database()
    database.compile(
        expressions=list(_STARTS),
        ids=list(range(len(_STARTS))),
        elements=len(_STARTS),
        flags=[hyperscan.HS_FLAG_DOTALL] * len(_STARTS),
    )
    return Patterns(database)


def _run(part: Part, scan: Examiner, start: int) -> tuple[CallJudge, Run]:
    judge = CallJudge(data=part.data, budget=scan.ledger.budget)
    arrays = _JoblibArrays(part, scan, judge)
    machine = PickleMachine(part.data, start, judge, scan.ledger.budget, skip_after_build=arrays.skip)
    arrays.memo = machine.memo
    run = machine.run()
    for offset, constant in machine.embedded:
        _examine_constant(part, scan, offset, constant)
    for carried in machine.models[:MAX_EMBEDDED]:
        _examine_model(part, scan, carried)
    if len(machine.models) > MAX_EMBEDDED:
        scan.ledger.skip(part.path, f"more than {MAX_EMBEDDED} models as constants")
    return judge, run


def _examine_model(part: Part, scan: Examiner, constant: Blob) -> None:
    """A model of trees that a pickle keeps as bytes; protocols before 3 write those as text of as many characters."""
    content: memoryview | bytes = part.data[constant.offset : constant.offset + constant.length]
    if constant.text:
        if constant.length > _MAX_MODEL_TEXT:
            scan.ledger.skip(part.path, f"a model of {constant.length} bytes as a text")
            return
        text = bytes(content).decode("utf-8", "replace")
        content = text.encode("latin-1", "replace") if text.startswith(("{L", "CBM1", "binf")) else text.encode()
    scan.examine(part.inside(f"<constant at {constant.offset}>", content))


def _examine_constant(part: Part, scan: Examiner, offset: int, constant: bytes) -> None:
    """A constant that is a pickle itself waits for somebody to load it: only what is dangerous in it counts."""
    content = constant
    try:
        if constant[:2] == b"gA":
            content = base64.b64decode(constant)
        elif constant[:2] == b"80":
            content = bytes.fromhex(constant.decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        return
    judge = CallJudge(data=memoryview(content), budget=scan.ledger.budget)
    PickleMachine(
        memoryview(content), 0, judge, scan.ledger.budget, max_opcodes=_TENTATIVE_OPCODES, max_line=_TENTATIVE_LINE
    ).run()
    for note in judge.observations():
        if note.rule in TENTATIVE_RULES:
            scan.ledger.find("model.pickle.hidden_payload", part.path, note.evidence, offset=offset)


class _JoblibArrays:
    """Jumps over the raw array that joblib writes after a NumpyArrayWrapper, as joblib's unpickler does.

    A plain `pickle.load` would read those bytes as opcodes instead, so they are searched for payloads too.
    """

    def __init__(self, part: Part, scan: Examiner, judge: CallJudge) -> None:
        self.part = part
        self.scan = scan
        self.judge = judge
        self.memo: dict[int, Value] = {}
        self.forks = 0

    def skip(self, instance: Value, position: int) -> int | None:
        if not (isinstance(instance, Result) and _wrapped(instance) in _WRAPPERS):
            return None
        self._as_opcodes(position)
        state = instance.state
        shape = getattr(state, "get", lambda _key: None)("shape")
        dtype = getattr(state, "get", lambda _key: None)("dtype")
        itemsize = _item_size(dtype)
        if itemsize is None or not isinstance(shape, tuple):
            self.scan.ledger.skip(self.part.path, f"a joblib array of dtype {render(dtype)} at byte {position}")
            return None
        if itemsize == 0:  # objects: a nested pickle, read by pickle.load from the same file
            inner, run = _run(self.part, self.scan, position)
            _record(self.part, self.scan, inner.observations())
            _examine_nested(self.part, self.scan, inner)
            return run.end if run.stopped else None
        length = itemsize
        for extent in shape:
            if not isinstance(extent, int) or extent < 0:
                return None
            length *= extent
        if getattr(state, "get", lambda _key: None)("numpy_array_alignment_bytes") is not None and position < len(
            self.part.data
        ):
            position += 1 + self.part.data[position]
        if position + length > len(self.part.data):
            self.scan.ledger.find(
                "model.structure.damaged", self.part.path, "a joblib array is longer than the file", offset=position
            )
            return None
        return position + length

    def _as_opcodes(self, position: int) -> None:
        self.forks += 1
        memo = dict(self.memo) if len(self.memo) < 2000 and self.forks < 2000 else {}
        judge = CallJudge(data=self.part.data, budget=self.scan.ledger.budget)
        PickleMachine(
            self.part.data, position, judge, self.scan.ledger.budget, memo=memo, max_opcodes=_TENTATIVE_OPCODES
        ).run()
        for note in judge.observations():
            if note.rule in TENTATIVE_RULES:
                self.scan.ledger.find("model.pickle.hidden_payload", self.part.path, note.evidence, offset=note.offset)


def _wrapped(instance: Result) -> str:
    function = instance.function
    if isinstance(function, Global):
        if function.name == "_reconstructor" and instance.args and isinstance(instance.args[0], Global):
            function = instance.args[0]
        return f"{function.module}.{function.name}"
    return ""


def _item_size(dtype: Value) -> int | None:
    """Bytes an element takes, 0 for Python objects, None when it cannot be told."""
    if not (isinstance(dtype, Result) and dtype.args and isinstance(dtype.args[0], str)):
        return None
    code = dtype.args[0].lstrip("<>=|")
    if code.startswith("O"):
        return 0
    if code == "?" or code == "b1":
        return 1
    kind, digits = code[:1], code[1:]
    if kind in "VSUfiucMmb" and digits.split("[")[0].isdigit():
        if kind == "V" and isinstance(dtype.state, tuple) and "O" in render(dtype.state):
            return None
        return int(digits.split("[")[0]) * (4 if kind == "U" else 1)
    return None


def _record(part: Part, scan: Examiner, notes: list[Note]) -> None:
    for note in notes:
        scan.ledger.find(note.rule, part.path, note.evidence, offset=note.offset)
        if note.unexamined:
            scan.ledger.skip(f"{part.path}: {note.unexamined}", "callable not on the allow-list")


def _examine_nested(part: Part, scan: Examiner, judge: CallJudge) -> None:
    for number, nested in enumerate(judge.nested):
        content = nested.content
        if isinstance(content, Blob):
            view = part.data[content.offset : content.offset + content.length]
        elif isinstance(content, bytes):
            view = memoryview(content)
        else:
            continue
        scan.examine(part.inside(f"<{nested.loader} {number}>", view))
