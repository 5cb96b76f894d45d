"""The record of every call: an append-only log that can be proved, from the first record to the last."""
