"""Where models come from besides this machine's disk: object stores and registries.

A source lists files and hands out ranges of them (`interface.py`), one module a kind. `staging.py` brings what it lists
into a folder of its own, within bounds, and pins it: what is examined afterwards is that folder, which nobody else
writes to. This runs in a worker that may talk to one port and parses no model; the worker that parses models never
sees a network or a credential.
"""
