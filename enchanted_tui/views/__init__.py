"""What viewers read of a campaign, whoever runs it."""
