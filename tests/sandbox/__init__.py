"""Tests of the simulated upstream systems."""
