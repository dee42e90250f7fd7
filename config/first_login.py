"""The first login of a new installation on one machine: `python -m config.first_login` makes it and prints it."""

import os
import secrets
from pathlib import Path

NAME = "admin"


def first_login() -> str:
    """A sentence that says how to log in, after making the user `admin` where no superuser exists.

    Its generated password is kept beside the database, readable by this user alone, so that it can be printed again
    until somebody changes it.
    """
    from django.conf import settings
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    kept = Path(settings.DATA_DIR) / "admin_password"
    if not users.filter(is_superuser=True).exists():
        password = secrets.token_urlsafe(15)
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(password + "\n")
        users.create_superuser(NAME, password=password)
    user = users.filter(username=NAME).first()
    if user is None or not kept.exists():
        return "Log in to the admin as a user that you have made."
    password = kept.read_text().strip()
    if not user.check_password(password):
        return f"Log in to the admin as {NAME} with the password that you have set."
    return f"Log in to the admin as {NAME} with the password {password} (kept in {kept})."


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(first_login())  # noqa: T201
