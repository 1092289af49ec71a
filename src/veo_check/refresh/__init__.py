"""Official pages and lists read again: newer reference rows."""
