"""Helpers of existing apps."""
