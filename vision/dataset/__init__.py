"""Data sets on disk: their folder format, what is checked of them, and the formats of labelling tools."""
