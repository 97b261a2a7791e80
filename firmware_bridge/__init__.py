"""The serial bridge: bytes, ports, robots, cameras. Knows nothing of rust, missions or history."""
