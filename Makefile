# `make demo` and `make test` do all set-up on a fresh machine.
VENV ?= .venv
EXTRAS ?= dev
PYTHON ?= python3
PY := $(VENV)/bin/python

.PHONY: demo test setup lint bench clean

$(VENV)/.base: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	touch $@

setup: $(VENV)/.dev

demo: $(VENV)/.base
	$(VENV)/bin/highmast demo

# Climbs and links run against the clock, so one at a time; everything else two at a time.
test: $(VENV)/.dev
	$(PY) -m pytest --numprocesses 2 --dist loadfile --ignore=tests/climber --ignore=tests/firmware_bridge
	$(PY) -m pytest tests/climber tests/firmware_bridge

# Benchmarks that print their figures beside their limits; each ends with status 1 if it is too slow.
BENCHES := firmware_bridge.bench vision.bench_model vision.bench_training climber.bench_grade tests.service.bench
BENCHES += tests.climber.bench_climb tests.service.bench_pages

bench: $(VENV)/.dev
	@failed=; for bench in $(BENCHES); do echo "$$bench"; $(PY) -m $$bench || failed="$$failed $$bench"; done; \
	if [ -n "$$failed" ]; then echo "too slow or failed:$$failed" >&2; exit 1; fi

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

clean:
	rm -rf $(VENV)
