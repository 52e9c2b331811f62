"""The command line: `python app.py COMMAND`. Each command reads its arguments, calls a rule and prints how it ended.

Commands import rules and libraries when they run, so that `--help` and `--version` load none of them."""

import sys

import click

from commands import check, database, output, serve, two_factor, user_import, users

VERSION = "0.2.0"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    commands=[
        serve.serve,
        database.migrate,
        database.demo,
        database.verify_activity_log,
        users.create_user,
        users.set_password,
        users.disable_user,
        users.enable_user,
        users.unbind_users,
        user_import.import_users,
        two_factor.two_factor,
        two_factor.reset_two_factor,
        check.check_mail,
        check.check_sso,
    ],
    epilog="Example: python app.py serve --port 8080",
)
@click.version_option(VERSION, prog_name="Two Keys")
def main() -> None:
    """Two Keys: login, accounts and two-factor authentication."""
    output.log_to_standard_output()
    if any("\udc80" <= letter <= "\udcff" for argument in sys.argv for letter in argument):
        output.stop("an argument is not UTF-8")
