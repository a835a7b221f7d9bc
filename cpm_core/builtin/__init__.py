"""First-party plugins; they import `cpm_core.api` and nothing else of the core, and are found by name."""
