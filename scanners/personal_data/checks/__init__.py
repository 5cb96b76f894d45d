"""Exact validators: what makes a number an identifier and not just a number."""
