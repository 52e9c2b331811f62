"""An act on one user reads what concerns that user, however many others there are."""

import pytest

import db
from accounts.bulk import run
from accounts.bulk.acts import ALL, Doing, Name
from accounts.context import Context
from db import roles
from db.bulk import Whom
from tests.browser import Installation
from tests.people import session_of, somebody

ROLE = 2


@pytest.mark.parametrize("act", ALL)
def test_no_table_is_read_to_its_end(installation: Installation, monkeypatch: pytest.MonkeyPatch, act: Name):
    bob, alice = somebody(installation, "bob", "Administrator"), somebody(installation, "alice")
    plans: list[str] = []

    async def explained(context: Context) -> run.Outlook:
        doing = Doing(context, await session_of(context, bob), await roles.by_id(context.db, ROLE), "Zoo")
        reads = {name: getattr(db.Database, name) for name in ("fetch_all", "fetch_one", "scan")}
        for name, read in reads.items():

            async def explain(self, query, values=None, *, read=read, **more):
                plan = await reads["fetch_all"](self, f"EXPLAIN QUERY PLAN {query}", values)
                plans.extend(row["detail"] for row in plan)
                return await read(self, query, values, **more)

            monkeypatch.setattr(db.Database, name, explain)
        return await run.outlook(run.Job(ALL[act], doing, Whom(None, (alice.user_id,))))

    assert installation.run(explained).all == 1
    monkeypatch.undo()
    assert len(plans) > 4
    scanned = {plan for plan in plans if plan.startswith("SCAN")}
    # What a portion found, and the rows of roles, of which there are few.
    assert scanned <= {"SCAN hits", "SCAN counted", "SCAN found", "SCAN p", "SCAN CONSTANT ROW"}
