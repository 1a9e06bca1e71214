"""Standard error as it is at the moment of writing: loggers live longer than what somebody put in its place."""

import sys


class StandardError:
    """The part of a text file that loggers need. One that was closed meanwhile swallows the line."""

    def write(self, words: str) -> int:
        """Write to the present `sys.stderr`."""
        return 0 if sys.stderr.closed else sys.stderr.write(words)

    def flush(self) -> None:
        """Flush the present `sys.stderr`."""
        if not sys.stderr.closed:
            sys.stderr.flush()

    def isatty(self) -> bool:
        """Whether a terminal reads along."""
        return sys.stderr.isatty()
