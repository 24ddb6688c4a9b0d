"""Tests of the door wall and of jumping."""
