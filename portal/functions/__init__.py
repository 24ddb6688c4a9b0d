"""The five unified functions. Each takes the principal first and guards itself."""
