"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

What Redshift cannot do, so that this migration cannot ask for it (Redshift guide, r_ALTER_TABLE):
- NOT NULL and defaults of a column that exists cannot change; a new NOT NULL column needs a default.
- Only the length of a VARCHAR can change its type, and only outside a transaction:
      with op.get_context().autocommit_block():
          op.alter_column("songs", "title", type_=sa.String(1024))
- There are no indexes, CHECKs, sequences or ENUMs. Keys are declared, not enforced: declare what the load guarantees.
- Every column names its encoding (redshift_encode=...): declaring one turns automatic encoding off for the table.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports + "\n" if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
