"""The climb, its record, and the service that keeps a pole's history."""

__version__ = "0.1.0"
