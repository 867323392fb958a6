"""``python -m enchanted_tui``."""

import sys

if not sys.flags.safe_path:
    # the working directory: a queue.py there must not come before Python's own
    sys.path.append(sys.path.pop(0))
from enchanted_tui.cli import entry

if __name__ == "__main__":
    entry()
