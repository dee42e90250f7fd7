"""Run the benchmarks on a database of their own: `python -m bench [recording comparing storage page reading]`."""

import os
import sys
import tempfile
from pathlib import Path

NAMES = ["recording", "comparing", "storage", "page", "reading"]


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; returns how many figures are out of bounds."""
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ.update(DATA_DIR=folder, DJANGO_SETTINGS_MODULE="config.settings", LOG_LEVEL="WARNING")
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        import django
        from django.conf import settings
        from django.test.utils import get_runner, setup_test_environment

        # Hashed names of static files are a deployment's matter.
        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        django.setup()
        setup_test_environment()
        runner = get_runner(settings)(verbosity=0, interactive=False)
        databases = runner.setup_databases(serialized_aliases=[])
        try:
            from importlib import import_module

            failed = 0
            for name in names or NAMES:
                failed += not import_module(f"bench.{name}").run()
        finally:
            runner.teardown_databases(databases)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
