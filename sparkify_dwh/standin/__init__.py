"""The stand-in: a local Redshift emulator, for development and tests. No cluster and no account is needed.

It is PostgreSQL behind a relay that reads every statement: it translates what Redshift writes differently, carries out
COPY and UNLOAD itself, and refuses what Redshift refuses. The real driver connects to it. The product does not know it.

dialect, serve   its entrances: the SQLAlchemy dialect, and a TCP port
relay            sessions between clients and PostgreSQL
plan, outcomes   what is done with a statement
copy, unload     these two commands, with what they share in transfer
rules            every other kind of statement, and what Redshift refuses (unsupported_*)
language         reading and editing SQL, on the tokens of redshift.parsing
postgres         the embedded server and sessions of it, with Redshift's catalogue from sql/
protocol         PostgreSQL's wire protocol
differences      the list of what is not reproduced
"""
