from django.contrib.auth.management import create_permissions
from django.db import migrations

from scraping import roles


def make_roles(apps, schema_editor):
    # Permissions are made after all migrations; the groups need them now.
    for label in ["admin", *roles.APPS]:
        app = apps.get_app_config(label)
        app.models_module = True
        create_permissions(app, verbosity=0, apps=apps)
        app.models_module = None
    roles.make(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("scraping", "0001_initial"),
        ("procurement", "0001_initial"),
        ("vendors", "0001_initial"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # Reversed, the groups stay: people are in them.
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
