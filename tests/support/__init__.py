"""What the tests share: fixtures, records, fake services."""
