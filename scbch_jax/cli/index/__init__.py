"""Commands on an index of packed codes."""
