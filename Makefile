# One command each: run the portal, test it, measure it. `make help` lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# A change of the requirements makes the environment anew; nothing else is installed by hand.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

.PHONY: help run test bench lint types imports clean
.DEFAULT_GOAL := help

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

# The driver of the browser keeps an event loop of its own, so its tests share a process with no other.
ON_ALL_CORES = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

test: $(READY_DEV) browser lint types imports ## 全部检查与测试
	$(ON_ALL_CORES) --ignore tests/browser
	$(ON_ALL_CORES) tests/browser

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
