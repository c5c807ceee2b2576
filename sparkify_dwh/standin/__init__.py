"""The stand-in: a local Redshift emulator, for development and tests, that the real driver connects to.

dialect, serve   its entrances: the SQLAlchemy dialect, and a TCP port
relay            sessions between clients and PostgreSQL
plan, outcomes   what is done with a statement
copy, unload     these two commands, with what they share in transfer
rules            every other kind of statement
language         reading and editing SQL, on the tokens of redshift.parsing
postgres         the embedded server and sessions of it, with Redshift's catalogue from sql/
protocol         PostgreSQL's wire protocol
differences      the list of what is not reproduced
"""
