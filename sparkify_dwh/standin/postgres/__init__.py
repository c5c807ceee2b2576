"""The PostgreSQL server behind the stand-in, and sessions of it.

server               the embedded server, with Redshift's catalogue from sql/    address     where it listens
programs, processes  what starts and stops it, who uses it                       environment without PostgreSQL's variables
socket_directories   private directories of sockets
session, backend     a session, for the relay and for COPY and UNLOAD            workers     their threads
parameters           Redshift's session parameters
"""
