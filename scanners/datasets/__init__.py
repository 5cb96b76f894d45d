"""Personal data in tables and logs, of any size: read in bounded batches, examined anywhere, resumable."""


def warm() -> None:
    """Compile the rules, which takes a second, in a process that waits for its scan."""
    from scanners.personal_data import inline

    inline.warm()
