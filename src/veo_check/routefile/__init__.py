"""The route file: YAML text to a Route whose every value knows its line and column."""
