"""Commands that measure speed."""
