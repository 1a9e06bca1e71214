"""Imported first: leaves out what structlog would load for colourful tracebacks, which our logs do not have.

It is there as a dependency of another package, and costs 8 MB and 80 ms in every process of an installation.
"""

import sys

sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
