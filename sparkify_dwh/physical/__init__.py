"""The physical design compared with a cluster: how tables are stored, and what the plans of the shipped statements move."""
