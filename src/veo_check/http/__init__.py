"""The only door to the network: timeouts, size limits, redaction, recording, retry of GETs."""
