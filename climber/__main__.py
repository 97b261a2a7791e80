"""`python -m climber` is the `highmast` command."""

from climber.cli import main

if __name__ == "__main__":
    main()
