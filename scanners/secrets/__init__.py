"""Credentials in text: keys of vendors by their shape, passwords by where they stand."""
