# Two commands matter: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := evergreen functions container cdk_app local tests bench
# Of what MLflow's client asks for: what Lambda's runtime and the Powertools layer bring, and what ours never imports.
IN_LAMBDA := boto3 botocore s3transfer jmespath python-dateutil six urllib3 pydantic pydantic-core annotated-types \
  typing-inspection typing-extensions
NOT_IMPORTED := cryptography cffi pycparser pyasn1 pyasn1-modules google-auth gitpython gitdb smmap uvicorn h11 \
  python-dotenv cloudpickle
export PATH := $(abspath $(BIN)):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test faults lint synth image deploy destroy lock bench bench-serving clean

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: $(READY)  ## make .venv and install the locked requirements

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Evergreen needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make $(VENV); on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing the locked requirements into $(VENV) (a minute or two, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## run the whole loop on real data, twice; then a line whose yield falls, and whose model mends itself
	@$(BIN)/evergreen demo
	@$(BIN)/evergreen demo yield

test: $(READY) lint node_modules/.bin/cdk  ## lint, types, import rules, template checks and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

faults: $(READY)  ## the whole fault matrix, every state of the workflow times every fault, and the long storms (minutes)
	$(BIN)/python -m pytest -m faults

lint: $(READY)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

synth: $(READY)  ## synthesize the CDK app into cdk.out (no AWS account, no Docker)
	$(BIN)/python -m cdk_app.synth

image: $(READY)  ## build the image that trains, evaluates and serves, with what builds images here (ARGS="--base IMAGE")
	$(BIN)/python -m local.image.build $(ARGS)

node_modules/.bin/cdk: package-lock.json $(READY)
	npm ci --no-audit --no-fund
	@touch $@

deploy: node_modules/.bin/cdk  ## bootstrap and deploy with the pinned CDK CLI (ARGS="-c notify=you@example.com")
	node_modules/.bin/cdk synth --quiet $(ARGS)
	node_modules/.bin/cdk bootstrap --app build/cdk.out $(ARGS)
	node_modules/.bin/cdk deploy --app build/cdk.out --require-approval never $(ARGS)

destroy: node_modules/.bin/cdk  ## remove the stack; the bucket, the tables and the image repository are kept
	node_modules/.bin/cdk destroy --force $(ARGS)

bench: $(READY)  ## measure the demo (seconds, overhead, peak memory) the gate (seconds, false promotions), the teachers (how often right) and prepare (CPU against pandas)
	$(BIN)/python -m bench.demo
	$(BIN)/python -m bench.gate
	$(BIN)/python -m bench.teachers
	$(BIN)/python -m bench.prepare
	$(BIN)/python -m bench.prepare --rows 5000000 --repeat 1

bench-serving: $(READY)  ## measure the model server beside Flask, FastAPI, MLflow and BentoML (ten quiet minutes; ARGS=--quick for one)
	$(BIN)/python -m bench.serving $(ARGS)

lock:  ## renew requirements.txt from pyproject.toml, and TrackRun's own (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet --no-header -o requirements.txt
	uv pip compile functions/track_run/requirements.in --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
	  --generate-hashes --quiet --no-header --no-annotate -o functions/track_run/requirements.txt \
	  $(addprefix --no-emit-package ,$(IN_LAMBDA) $(NOT_IMPORTED))

clean:  ## remove what was made here, but for .venv
	rm -rf build cdk.out .evergreen node_modules
