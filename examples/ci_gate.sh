#!/bin/sh
# A step of a CI pipeline: fail the build unless the image passes. The record of the scan stays in .yumen/.
#
#     examples/ci_gate.sh image.tar
#
# Exit codes of `yumen call`: 0 pass, 1 fail, 2 unknown (not examined: treat as fail), 3 refused, 4 error.
set -eu
image=$1
yumen call image_scan --root "$(dirname "$image")" --json "{\"target\": \"$(basename "$image")\"}"
