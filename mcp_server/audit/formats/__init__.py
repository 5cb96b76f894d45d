"""How an event is written for a SIEM: one module a format, each a pure function of the event."""
