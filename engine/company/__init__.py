"""What a property company has, above the generic engine: sites, units, tenants, people and what they may do, prices."""
