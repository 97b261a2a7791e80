"""Per-pole condition history over HTTP. Imports `climber.record` and nothing else of ours."""
