"""Evergreen keeps models fresh on AWS: the pure core, free of boto3 and of ML libraries."""
