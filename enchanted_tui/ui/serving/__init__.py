"""The app in a browser: a server on this machine, and a pseudo-terminal for each tab."""
