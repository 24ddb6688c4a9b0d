"""Tests of the embedded identity provider."""
