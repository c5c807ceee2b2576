"""The PostgreSQL server behind the stand-in, and sessions of it.

server, processes    the embedded server, with Redshift's catalogue from sql/    address     where it listens
session, backend     a session, for the relay and for COPY and UNLOAD            workers     their threads
parameters           Redshift's session parameters
"""
