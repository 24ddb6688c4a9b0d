"""The simulated provincial 一表通: it issues forms to the city and takes their answers back."""
