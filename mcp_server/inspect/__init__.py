"""What must happen to arguments and results for a decision to hold: redaction, deadlines, scrubbed progress."""
