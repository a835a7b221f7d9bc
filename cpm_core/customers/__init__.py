"""One honest row a customer, and the rules that sort customers."""
