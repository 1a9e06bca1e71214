"""Builds the front end into the wheel. An editable install leaves that to `make ui`."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface[Any]):
    """Runs the one script that builds the front end, before the files of the wheel are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build, unless this is an editable install."""
        if version != "editable":
            script = Path(self.root) / "platform" / "ui" / "build_ui.py"
            subprocess.run([sys.executable, str(script)], check=True)  # noqa: S603 - our own script
