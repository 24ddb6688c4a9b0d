"""投诉建议: what people tell those who run the platform, and what they are answered."""
