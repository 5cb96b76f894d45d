"""Makes hostile and benign model files: techniques × containers, from a seed. Standard library and NumPy only.

Nothing here runs a payload: hostile pickles are assembled opcode by opcode and never loaded.
"""

from .benign import Colour, benign
from .containers import CONTAINERS, joblib_array, npy, tar_of, torch_legacy, torch_zip, zip_games, zip_of
from .documents import TEMPLATES_BENIGN, TEMPLATES_HOSTILE, hostile_documents
from .formats import (
    external,
    gguf,
    gguf_text,
    hdf5_like,
    keras,
    keras_zip,
    onnx,
    pb,
    rds,
    safetensors,
    saved_model,
    tflite,
    varint,
)
from .hostile import hostile
from .pickles import CALLS, Ops, call, encodings, global_, text, value
from .sample import Sample

__all__ = [
    "CALLS",
    "CONTAINERS",
    "TEMPLATES_BENIGN",
    "TEMPLATES_HOSTILE",
    "Colour",
    "Ops",
    "Sample",
    "benign",
    "call",
    "encodings",
    "external",
    "gguf",
    "gguf_text",
    "global_",
    "hdf5_like",
    "hostile",
    "hostile_documents",
    "joblib_array",
    "keras",
    "keras_zip",
    "npy",
    "onnx",
    "pb",
    "rds",
    "safetensors",
    "saved_model",
    "tar_of",
    "text",
    "tflite",
    "torch_legacy",
    "torch_zip",
    "value",
    "varint",
    "zip_games",
    "zip_of",
]
