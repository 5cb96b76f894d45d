"""Detection of malicious model files: what loading them would do, without loading them."""

from scanners.model_scan.scan import scan_bytes, scan_model

__all__ = ["scan_bytes", "scan_model"]
