"""Alembic's entry: runs the migrations on the connection that db/schema.py hands over."""

from alembic import context
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles


@compiles(Text, "postgresql")
def _in_the_order_of_code_points(_type: Text, _compiler: object, **_: object) -> str:
    """As on SQLite, whatever the collation of the server."""
    return 'TEXT COLLATE "C"'


connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
