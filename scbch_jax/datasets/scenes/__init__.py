"""The scenes dataset: pictures with captions, drawn from a seed."""
