"""One vendor's wire format each, translated to and from neutral words; they never judge."""
