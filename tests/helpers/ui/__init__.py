"""The app in a terminal or without one, and campaigns that it shows."""
