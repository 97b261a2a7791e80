"""A simulated robot: a seeded physical model, the firmware's state machine, and a camera, as one process."""
