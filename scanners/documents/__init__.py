"""Text out of documents that people write and send, with its place: page, line, part, cell."""
