"""One file a fact: what is asked of an endpoint, and whether asking is free."""
