"""From what sources deliver to tables that can be trusted: conform, rejects, derived tables."""
