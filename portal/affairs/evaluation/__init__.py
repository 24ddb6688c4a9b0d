"""评: return visits, appeals, and the review of demands that nobody could meet."""
