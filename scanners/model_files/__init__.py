"""Model integrity: what files a model is made of, their digests, and whether they are the ones that were signed."""
