"""YAML text to a Route, with the line and column of every value; JSON Schema."""
