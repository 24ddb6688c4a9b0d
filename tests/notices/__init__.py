"""Tests of 通知."""
