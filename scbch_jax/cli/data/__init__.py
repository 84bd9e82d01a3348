"""Commands on data files."""
