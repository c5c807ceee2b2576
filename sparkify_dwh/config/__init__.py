"""dwh.cfg: the table of settings, and how it is read and written.

fields   every setting in a row: section, key, reader, default, help; `sparkify_dwh.settings` has its attribute
values   the readers of values                           reading   all values at once, with their errors
file     dwh.cfg and the environment                     editing   changing single lines of dwh.cfg
names    keys that are names of checks and columns       reference the table of settings in README
"""
