"""What granian calls in each of its worker processes."""

import gc
import os
import signal

from flask import Flask

from dougong.cli.servers import PATIENT, await_schema, require_schema
from dougong.config import Settings
from dougong.embedded.launch import die_with_parent
from dougong.web.app import create_app


def application() -> Flask:
    """The web application with the settings of the environment."""
    die_with_parent(os.getppid(), signal.SIGTERM)
    settings = Settings.from_environ()
    if PATIENT in os.environ:
        await_schema(settings)
        require_schema(settings)
    app = create_app(settings)
    gc.freeze()  # what is loaded now stays: no collection needs to look at it again
    gc.enable()  # `dougong serve` turned it off: loading makes a lot and leaves next to no garbage
    return app
