"""有诉必应马上办: every demand from its coming in to its end."""
