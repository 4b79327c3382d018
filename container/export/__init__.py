"""Predictions as one Parquet file."""
