"""The platform's own business, one folder per affair, each with the same rooms."""
