"""Arithmetic only: arrays in, arrays out. No input or output, no state, no randomness."""
