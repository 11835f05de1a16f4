# `make run` on a machine with only python3, make and git; `make help` lists the rest.
PY ?= python3
B := .venv/bin
PYTHON := $(B)/python
# What was compiled once is kept: otherwise each process, and a test starts hundreds, compiles all of Django anew (6 s, not 2).
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run setup browser test prove bench check format screenshots
help:
	@echo 'make run | setup | test | prove | bench | check | format | screenshots'

run: setup
	@exec $(PYTHON) -m config.supervisor

setup: .venv/.ok var/vendor/.ok

browser: setup
	@$(PYTHON) -m config.browser

test: browser
	$(PYTHON) -m pytest -q -n 2 --dist worksteal --ignore=tests/proofs

prove: browser
	$(PYTHON) -m pytest tests/proofs -q -n 2 --dist worksteal

bench: setup
	$(PYTHON) -m tests.bench --keep $(SIZES)

check: setup
	$(B)/ruff format --check .
	$(B)/ruff check .
	$(B)/djlint templates --lint --quiet
	$(PYTHON) manage.py makemigrations --check
	HTTPS=1 $(PYTHON) manage.py check --deploy --fail-level INFO
	files="$(wildcard tests/test_house.py tests/test_files.py)"; [ -z "$$files" ] || $(PYTHON) -m pytest -q $$files

format: setup
	$(B)/ruff check --fix-only .
	$(B)/ruff format .

screenshots: browser
	$(PYTHON) -m tests.browser.screenshots
	MANUAL_PICTURES=1 $(PYTHON) -m pytest -q -n 2 tests/browser/stories

.venv/bin/pip:
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '需要 Python 3.11 以上；可用 make PY=python3.12 … 指定。'; exit 1; }
	@$(PY) -m venv --clear .venv >/dev/null || { rm -rf .venv; echo '本机 Python 不能建虚拟环境。Debian/Ubuntu 请先执行：apt install python3-venv'; exit 1; }

# uv does not read pip's configuration, so it is told pip's index; pip itself is the spare on the same lock.
.venv/.ok: requirements.lock | .venv/bin/pip
	@echo '正在安装 Python 组件 …'
	@$(B)/pip install -q --disable-pip-version-check uv==0.13.8 || true
	@index="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(B)/pip config get global.index-url 2>/dev/null)}}"; \
	 if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
	 $(B)/uv pip install -q --compile-bytecode --python $(PYTHON) --require-hashes -r requirements.lock || \
	 { echo 'uv 没有成功，改用 pip …'; $(B)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock; }
	@touch $@

# Only the files the pages use: whole packages would make collectstatic slow, and a css without its map fails it.
var/vendor/.ok: package-lock.json .venv/.ok
	@echo '正在取前端组件 …'
	@$(PYTHON) -m config.node npm ci --silent --omit=dev
	@umask 077; mkdir -p var/vendor && cp node_modules/bootstrap/dist/css/bootstrap.min.css node_modules/bootstrap/dist/css/bootstrap.min.css.map node_modules/echarts/dist/echarts.simple.min.js var/vendor/
	@touch $@
