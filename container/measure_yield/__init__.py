"""What happens to an inference log: it is checked, its items are written down, and the yield is measured anew."""
