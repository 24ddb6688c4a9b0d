"""The community affairs portal: one interface, one platform, five unified functions."""
