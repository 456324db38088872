"""Precis: what the product does, independent of Slack and of any model vendor."""
