"""Content as the OCI specifications name and distribute it (image 1.1, distribution 1.1): images, and models too."""
