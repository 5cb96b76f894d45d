"""Container images, read without running or unpacking them: source × catalogue × match × report."""
