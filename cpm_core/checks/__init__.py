"""What is told before anything runs: `cpm check`, `cpm new`, the lists."""
