"""SSH connections: one log-in a campaign, kept, multiplexed, and found again when it is lost."""
