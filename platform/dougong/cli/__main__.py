"""`python -m dougong.cli`."""

import sys

from dougong.cli.main import main

sys.exit(main())
