#!/usr/bin/env python
"""Django's command line for Whitelist Tracker."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except DatabaseError as error:
        if _is_migrated():
            raise
        sys.exit(f"The database is not ready for this version ({str(error).strip()}). Run: python manage.py migrate")


def _is_migrated() -> bool:
    """Whether every migration was applied; taken for granted where the database does not say."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return True


if __name__ == "__main__":
    main()
