"""``python -m enchanted_tui``."""

from enchanted_tui.cli import entry

if __name__ == "__main__":
    entry()
