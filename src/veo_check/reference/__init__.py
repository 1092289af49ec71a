"""Dated models, capabilities and prices: data files, look-ups, refresh parsers."""
