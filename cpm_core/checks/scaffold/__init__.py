"""`cpm plugins new`: a plugin and its test, ready to run."""
