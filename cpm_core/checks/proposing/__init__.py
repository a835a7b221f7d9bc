"""`cpm new`: from files that nobody has described to a params file that says what was understood of them."""
