"""What an application talks to: one Gateway each, its wire format, the probes that ask it."""
