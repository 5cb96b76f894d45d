"""Compliance reports: controls of frameworks, the checks that show them, and the forms in which auditors read it."""
