"""One file a check, pure, registered in one explicit tuple in `registry`."""
