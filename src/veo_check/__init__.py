"""Readiness checks for Veo video routes: may this route take production traffic today?"""

__version__ = "0.1.0"
