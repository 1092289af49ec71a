"""Request shape to quote: units, token formulas, worst case, comparison."""
