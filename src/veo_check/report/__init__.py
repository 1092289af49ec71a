"""The Report model and one file a format."""
