"""Measurements of the gate: its seconds, and how often it errs."""
