"""A load: S3 to staging by COPY, staging to star by merge, in one transaction.

loader          the transaction: lock, stage, fill the star, check, record, commit; and the options of a load
input_files     which files are new                      stage           COPY of a batch, and its deduplication
rejected_rows   what COPY refused, within the limit      ledger_entries  which files were loaded
locking         wait while another load runs             retries         another try after a conflict or a lost connection
report          what a load did                          stored_reports  what earlier loads did
missing_data    whether a later load has brought what a failed one would have
"""
