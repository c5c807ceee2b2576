"""The star as Parquet, a folder for each table: written by UNLOAD, read by anything, and loaded again by COPY.

    exported = export(settings, "s3://bucket/star/")
    restore(settings, "s3://bucket/star/")        # into empty tables, the same rows with the same numbers

    s3://bucket/star/invoices/year=1999/0000_part_00.parquet      partitions in folders, and in the files as columns
    s3://bucket/star/customers/0000_part_00.parquet
    s3://bucket/star/export.json                                  what was exported; written last

queries    what is read of each table     target    where it goes, and what may be there before
manifest   export.json                    failures  what the errors of UNLOAD mean
exporting  all of it in one transaction   restoring the way back
"""

from sparkify_dwh.export.exporting import export
from sparkify_dwh.export.manifest import Export, ExportedTable
from sparkify_dwh.export.restoring import restore

__all__ = ["Export", "ExportedTable", "export", "restore"]
