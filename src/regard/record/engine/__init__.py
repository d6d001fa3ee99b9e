"""Blockwise computation over one layer: memory stays O(n · d + result), masked blocks cost nothing."""
