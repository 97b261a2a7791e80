"""Training of the rust model. Needs the `train` extra; nothing here is imported to grade a photograph."""
