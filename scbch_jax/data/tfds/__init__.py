"""Stores as datasets of tensorflow-datasets, and back."""
