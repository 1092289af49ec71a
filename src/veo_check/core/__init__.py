"""Types and pure rules: no I/O, no clock, no third-party import except pydantic in `route`."""
