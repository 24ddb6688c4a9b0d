"""The embedded identity provider: OpenID Connect for the one-command default and the tests."""
