"""Figures beside the bars that Precis holds itself to: `make bench`. It prints what it measures and asserts nothing."""
