"""SSH servers, and what stands between them and a client."""
