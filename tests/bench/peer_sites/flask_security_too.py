"""A site with Flask-Security-Too, as documented. `FILE NUMBER PASSWORD KEY` creates its users."""

import sys
from pathlib import Path
from typing import Any

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore, hash_password
from flask_security.models import fsqla_v3
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

application = Flask(__name__)
application.config.update(
    SECRET_KEY="x" * 50,
    SQLALCHEMY_DATABASE_URI=f"sqlite:///{Path.cwd() / 'db.sqlite3'}",
    SECURITY_PASSWORD_SALT="x" * 20,
    SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
        "argon2__time_cost": 2,
        "argon2__memory_cost": 19 * 1024,
        "argon2__parallelism": 1,
    },
    SECURITY_TWO_FACTOR=True,
    SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
    SECURITY_TWO_FACTOR_RESCUE_EMAIL=False,
    SECURITY_TOTP_SECRETS={"1": "x" * 32},
    SECURITY_TOTP_ISSUER="peer",
    SECURITY_CHANGEABLE=True,
    SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
)
database = SQLAlchemy(application)
fsqla_v3.FsModels.set_db_info(database)


class Role(database.Model, fsqla_v3.FsRoleMixin):
    pass


class User(database.Model, fsqla_v3.FsUserMixin):
    pass


class WebAuthn(database.Model, fsqla_v3.FsWebAuthnMixin):
    pass


security = Security(application, SQLAlchemyUserDatastore(database, User, Role))


def _pragmas(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


with application.app_context():
    event.listen(database.engine, "connect", _pragmas)


def prepare(number: int, password: str, key: str) -> None:
    with application.app_context():
        database.create_all()
        hashed = hash_password(password)
        sealed = security._totp_factory._totp(key=key.encode(), format="raw").to_json(encrypt=True)
        for each in range(number):
            username = f"user-{each:07}"
            database.session.add(
                User(
                    email=f"{username}@example.org",
                    username=username,
                    password=hashed,
                    active=True,
                    fs_uniquifier=username,
                    tf_primary_method="authenticator",
                    tf_totp_secret=sealed,
                )
            )
        database.session.commit()


if __name__ == "__main__":
    prepare(int(sys.argv[1]), sys.argv[2], sys.argv[3])
