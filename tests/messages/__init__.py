"""Tests of outgoing messages and digests."""
