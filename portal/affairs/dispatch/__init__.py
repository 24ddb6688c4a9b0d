"""派单: the catalogue, the suggestion with its reasons, and what is done when nobody claims."""
