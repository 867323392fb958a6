"""Real pictures in terminals that have them, by sixel or kitty's graphics."""
