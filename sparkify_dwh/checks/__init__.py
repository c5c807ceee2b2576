"""Data quality checks: generic ones that follow from the models, and business checks."""
