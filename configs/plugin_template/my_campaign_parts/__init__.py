"""Parts of campaigns of one's own: copy this package, rename it, and keep what you need."""
