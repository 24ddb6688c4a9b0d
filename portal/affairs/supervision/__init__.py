"""督办: warnings before, at and after the limit, up the chain by rule, and the 督办单."""
