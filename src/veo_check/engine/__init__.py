"""Plan, run, isolate failures, assemble the report."""
