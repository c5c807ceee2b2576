"""The physical design against a cluster: how the tables lie, and what the plans of our statements move."""
