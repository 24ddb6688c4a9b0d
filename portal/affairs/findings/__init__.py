"""未诉先办: problems that a community finds and reports before anybody has to complain."""
