"""What COPY makes of JSON, by Redshift's rules: no input or output, and no packages beside the standard library.

The stand-in's COPY, the validation of a plan, ``doctor`` and ``pack`` all follow these modules.

statement, options    COPY as it is written
columns               the columns that it fills
json_documents        a file, split into documents
json_paths            where in a document a column's value is
convert, times        from a field to a column's value, or to a reject
row_reader            from a document to a row: all of the above together
rejects               codes and reasons, as in STL_LOAD_ERRORS
"""
