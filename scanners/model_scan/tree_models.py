"""Boosted trees in the formats of XGBoost (UBJSON, binary), LightGBM and CatBoost: data only, read to their ends."""

from __future__ import annotations

import base64
import re
import struct

from scanners.errors import UnreadableInput
from scanners.model_scan.configuration import examine_document
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_stream import search_hidden
from scanners.model_scan.trees import wrong_text_trees
from scanners.model_scan.ubjson import parse_ubjson
from scanners.model_scan.xgboost_binary import parse_binary

_CATBOOST_PART = re.compile(rb"(?:provider|process|collection)\w*_v\d")


def read_xgboost(part: Part, scan: Examiner) -> None:
    """An XGBoost model in UBJSON; in JSON it is read as any other document."""
    document, end = parse_ubjson(part.data)
    scan.ledger.count("tree models")
    examine_document(document, part, scan)
    _rest(part, scan, end)


def read_xgboost_binary(part: Part, scan: Examiner) -> None:
    """An XGBoost model in the binary format of old: its trees, and what follows them, which is data."""
    document, end = parse_binary(part.data)
    scan.ledger.count("tree models")
    examine_document(document, part, scan)
    search_hidden(part, scan, end, len(part.data))


def read_xgboost_text(part: Part, scan: Examiner) -> None:
    """The same in base64, behind 'bs64' and a tab."""
    try:
        content = base64.b64decode(bytes(part.data[5:]))
    except ValueError:
        raise UnreadableInput("the XGBoost model's base64 is damaged") from None
    read_xgboost_binary(part.inside("<base64>", b"binf" + content.removeprefix(b"binf")), scan)


def read_lightgbm(part: Part, scan: Examiner) -> None:
    """A LightGBM model: text to its end, with trees whose children exist."""
    scan.ledger.count("tree models")
    raw = bytes(part.data)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        text = raw[: error.start].decode("utf-8")
        scan.ledger.skip(part.path, f"{len(raw) - error.start} bytes after the model")
    search_hidden(part, scan, 0, len(raw))
    for wrong in wrong_text_trees(text):
        scan.ledger.find("model.tree.structure", part.path, wrong)


def read_catboost(part: Part, scan: Examiner) -> None:
    """A CatBoost model: 'CBM1', the length of a flatbuffer, the flatbuffer, and the parts that it names."""
    scan.ledger.count("tree models")
    if len(part.data) < 8:
        raise UnreadableInput("the CatBoost model is cut off")
    end = 8 + struct.unpack_from("<I", part.data, 4)[0]
    if end > len(part.data):
        raise UnreadableInput("the CatBoost model is cut off")
    if _CATBOOST_PART.search(part.data[8:end]):
        search_hidden(part, scan, end, len(part.data))
    else:
        _rest(part, scan, end)


def _rest(part: Part, scan: Examiner, end: int) -> None:
    if end < len(part.data):
        scan.ledger.skip(part.path, f"{len(part.data) - end} bytes after the model")
        search_hidden(part, scan, end, len(part.data))
