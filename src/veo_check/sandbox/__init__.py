"""The simulated endpoints and their scenarios. Shares no code with the clients."""
