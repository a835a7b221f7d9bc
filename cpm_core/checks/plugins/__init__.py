"""`cpm plugins check`, `list` and `info`."""
