"""The command line, `python app.py COMMAND`: one module per subject.

The modules import the application inside functions, so that `--version` and `--help` need not load it.
"""

import sys

import click

from commands import (
    activity_log,
    backup,
    check,
    copying,
    database,
    serve,
    theme,
    two_factor,
    user_import,
    usernames,
    users,
)
from commands.running import log_to_standard_output, stop

# the version of the program; pyproject.toml reads it here
VERSION = "0.2.0"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="Two Keys")
def main() -> None:
    """Two Keys: login, accounts and two-factor authentication.

    The settings are environment variables: docs/operators/settings.md lists them.

    \b
    Examples:
      python app.py serve --port 8001
      python app.py create-user --help
    """
    log_to_standard_output()
    if any("\udc80" <= letter <= "\udcff" for argument in sys.argv for letter in argument):
        stop("an argument is not UTF-8")


for command in (
    serve.serve,
    database.migrate,
    database.demo,
    copying.copy_database,
    backup.backup,
    backup.restore,
    users.create_user,
    users.set_password,
    users.disable_user,
    users.enable_user,
    users.unbind_users,
    usernames.check_usernames,
    user_import.import_users,
    two_factor.two_factor,
    two_factor.reset_two_factor,
    activity_log.verify_activity_log,
    check.check_mail,
    check.check_sso,
    theme.check_theme,
):
    main.add_command(command)
