"""Personal data and secrets in text and JSON: found, located to the character, and taken out.

Importing this package is cheap: Presidio (seconds, 110 MB) is imported only by `engine`, in the worker that needs it.
"""

from scanners.personal_data.entities import Detection, Entity

__all__ = ["Detection", "Entity"]


def warm() -> None:
    """Compile the rules, which takes a second, in a process that waits for its text."""
    from scanners.personal_data import inline

    inline.warm()
