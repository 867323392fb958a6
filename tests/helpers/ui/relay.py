"""Run inside a real terminal: ``relay.py FIFO PROGRAM ARGUMENT...`` runs a program in a
pseudo-terminal of the same size, hands on all that it writes and all that the terminal answers, and
types what comes from the fifo.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import tty


def main(fifo: str, *command: str) -> None:
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)

    def resized(*_: object) -> None:
        fcntl.ioctl(master, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))

    resized()
    signal.signal(signal.SIGWINCH, resized)
    before = termios.tcgetattr(0)
    tty.setraw(0)
    keys = os.open(fifo, os.O_RDWR)
    try:
        while True:
            ready, _, _ = select.select([0, keys, master], [], [])
            for one in ready:
                data = os.read(one, 65536)
                while data:
                    data = data[os.write(1 if one == master else master, data) :]
    except OSError:
        pass  # the program has ended
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    print("RELAY-HAS-ENDED", flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
