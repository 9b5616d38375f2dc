# Two commands: `make book` and `make test`. Both set up .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: book test setup figures times lock ranges clean

setup: $(STAMP)

# torch goes first: where a CPU build of the pinned version is offered, pip then keeps to it.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "noisescaling needs Python 3.11 or later; set PYTHON=")'
	@start=$$(date +%s); \
	test -x $(BIN)/python || $(PYTHON) -m venv .venv; \
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch && \
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[book,cluster,models,test]' && \
	touch $(STAMP) && echo "set up: $$(( $$(date +%s) - start )) s"

figures: $(STAMP)
	@start=$$(date +%s); $(BIN)/python -m study figures && \
	echo "notebooks: $$(( $$(date +%s) - start )) s"

# Execute every notebook anew and note how long each takes.
times: $(STAMP)
	$(BIN)/python -m study figures --force --times notebooks/results/figure_seconds.csv

book: figures
	@start=$$(date +%s); $(BIN)/jupyter-book build book -W -n --keep-going --quiet && \
	echo "site: $$(( $$(date +%s) - start )) s" && echo "open $(CURDIR)/_build/html/index.html"

test: $(STAMP)
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && \
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

# Renew constraints.txt after a change of the dependencies in pyproject.toml.
lock: $(STAMP)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--no-annotate --no-header --upgrade --quiet --output-file constraints.txt

# The library's tests with the oldest and the newest versions that pyproject.toml allows.
ranges: $(STAMP)
	$(BIN)/python -m pip install --quiet uv
	benchmarks/ranges.sh

clean:
	rm -rf _build .noisescaling
