# One command each: run the portal, test it, measure it. `make help` lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# A change of the requirements makes the environment anew; nothing else is installed by hand.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

.PHONY: help run test bench lint types imports clean
.DEFAULT_GOAL := help

# Many short-lived processes start from this source: each would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## 列出命令
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "需要 Python 3.11（$(PYTHON)）"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): requirements.txt $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(READY_DEV): requirements-dev.txt $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(READY) ## 启动全部组件：数据库、模拟业务系统、门户（http://localhost:8501）
	@exec $(BIN)/python -m portal run

test: $(READY_DEV) browser lint ## 全部检查与测试
	@$(MAKE) --no-print-directory -j windows quiet-types quiet-imports suite

# The driver of the browser keeps an event loop of its own, so its tests share a process with no
# other. They wait a lot: beside them, and after them in rank, the other tests use what is idle.
.PHONY: windows suite quiet-types quiet-imports
PYTEST = $(BIN)/python -m pytest --dist loadfile
WINDOWS = $(if $(filter 1 2 3,$(shell nproc 2>/dev/null || echo 2)),1,2)
# What runs beside the suite says what it has to say at its end, so that two never speak at once.
AT_ITS_END = @said=$$(mktemp) && { $(1) >$$said 2>&1; ended=$$?; cat $$said; rm $$said; exit $$ended; }

windows: $(READY_DEV)
	$(call AT_ITS_END,$(PYTEST) -n $(WINDOWS) tests/browser)

# In the order of their files: by default those with few tests come last, and they take longest.
suite: $(READY_DEV)
	nice -n 5 $(PYTEST) --no-loadscope-reorder -n auto --maxprocesses 4 --ignore tests/browser

quiet-types: $(READY_DEV)
	$(call AT_ITS_END,nice -n 5 $(BIN)/mypy)

quiet-imports: $(READY_DEV)
	$(call AT_ITS_END,nice -n 5 $(BIN)/lint-imports)

lint: $(READY_DEV) ## 代码风格
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY_DEV) ## 类型检查
	$(BIN)/mypy

imports: $(READY_DEV) ## 谁可以引用谁
	$(BIN)/lint-imports

.PHONY: browser
browser: ## 测试用浏览器：已有则用，否则安装 Debian 的 Chromium
	@deploy/ensure-browser

bench: $(READY_DEV) ## 性能测量（only=组名 只测一组）
	$(BIN)/python -m benchmarks $(if $(only),--only $(only))

clean: ## 删除本机生成的全部数据与虚拟环境
	rm -rf $(VENV) var
	find . -name __pycache__ -prune -exec rm -rf {} +
