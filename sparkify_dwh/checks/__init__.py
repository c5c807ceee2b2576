"""Data quality checks: generic ones derived from the models, and business checks."""
