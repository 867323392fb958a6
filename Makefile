# The lanes of CONTRIBUTING.md. PYTHON names the interpreter of the environment that the project is installed in.
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)

.PHONY: fast lint check docs dist

fast:
	$(PYTHON) -m pytest --fast -n 2

lint:
	bash .ci/lint $(PYTHON)

check:
	bash .ci/run

docs:
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

dist:
	rm -rf dist
	$(PYTHON) -m build
	$(PYTHON) -m twine check --strict dist/*
