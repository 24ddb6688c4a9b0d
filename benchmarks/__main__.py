"""``python -m benchmarks [--only GROUP]``: run the groups, one JSON line per figure."""

import argparse
import sys
import traceback
from importlib import import_module

GROUPS = ("records", "start", "pages", "sessions", "reports")


def main() -> int:
    """Run the chosen groups; one that fails does not take the others with it."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, help="只测一组")
    chosen = parser.parse_args().only
    failed = []
    for group in GROUPS if chosen is None else (chosen,):
        try:
            import_module(f"benchmarks.{group}").run()
        except Exception:
            traceback.print_exc()
            failed.append(group)
    if failed:
        print(f"未完成：{'、'.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
