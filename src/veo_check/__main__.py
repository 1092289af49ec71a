"""`veo-check` and `python -m veo_check`."""

from __future__ import annotations

import gc


def entry() -> None:
    """Start the program. Ends the process with a documented exit code."""
    # Nearly everything made while starting stays until the end: looking for garbage there costs
    # a tenth of the time that a look-up takes, and of that of a thousand routes.
    gc.set_threshold(400_000, 50, 50)
    from veo_check.cli.main import entry as run

    run()


if __name__ == "__main__":
    entry()
