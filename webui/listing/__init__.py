"""What every list reads from its address: filters, order, columns, groups, and what it opens with."""
