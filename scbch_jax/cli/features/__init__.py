"""Commands that compute features."""
