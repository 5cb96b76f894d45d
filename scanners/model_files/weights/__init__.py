"""Tensors in checkpoint files: where they lie, read without loading anything, and compared."""

import os

# Before NumPy is imported: tensors are compared in as many threads as there are cores, and a BLAS that starts its own
# for each dot product only has them wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
