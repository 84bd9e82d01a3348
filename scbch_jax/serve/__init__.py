"""An index over HTTP: search by words, picture, item or code, and a page for it."""
