"""Tests of existing apps and what they import."""
