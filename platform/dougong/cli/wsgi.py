"""What granian calls in each of its worker processes."""

import os
import signal

from flask import Flask

from dougong.config import Settings
from dougong.embedded.launch import die_with_parent
from dougong.web.app import create_app


def application() -> Flask:
    """The web application with the settings of the environment."""
    die_with_parent(os.getppid(), signal.SIGTERM)
    return create_app(Settings.from_environ())
