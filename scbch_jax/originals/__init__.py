"""Programs that run the code of original repositories and record what it computes.

A clone of such a repository is third-party Python code. It runs only here, in a
process of its own (`__main__.py`), and only where the user names the clone.
"""
