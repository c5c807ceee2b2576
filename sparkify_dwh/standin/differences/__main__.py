"""Print the list for the README: ``python -m sparkify_dwh.standin.differences``."""

from sparkify_dwh.standin.differences import as_markdown

if __name__ == "__main__":
    print(as_markdown(), end="")
