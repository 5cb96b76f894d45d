"""The log in PostgreSQL, for several replicas: an inbox that all write to, and one sequencer at a time that orders it."""
