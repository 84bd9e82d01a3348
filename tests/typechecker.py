"""Beartype as Python's own typing rules have it: an int is accepted as a float."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
