"""Training throughput, where torch is installed: `python -m vision.bench_training` (vision/training/bench.py)."""

from importlib.util import find_spec

if __name__ == "__main__":
    if find_spec("torch") is None:
        print("skipped: torch is missing (pip install 'highmast[train]')")
    else:
        from vision.training.bench import main

        main()
