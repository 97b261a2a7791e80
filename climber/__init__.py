"""The climb, its record, and the service that keeps a pole's history."""
