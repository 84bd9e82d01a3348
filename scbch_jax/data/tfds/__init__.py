"""Datasets of tensorflow-datasets; `prepared` alone works without that package."""
