"""One module per subcommand of `highmast`; each exposes `command`."""
