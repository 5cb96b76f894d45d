"""Bills of materials of an image: CycloneDX and SPDX out, and in."""

from scanners.images.sbom.cyclonedx import write_cyclonedx
from scanners.images.sbom.reading import Bill, read_bill
from scanners.images.sbom.spdx import write_spdx
from scanners.images.sbom.spdx3 import write_spdx3

__all__ = ["Bill", "read_bill", "write_cyclonedx", "write_spdx", "write_spdx3"]
