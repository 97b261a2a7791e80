"""Rust in photographs, and rust on a pole's true surface. Knows arrays; knows no robot and no record."""
