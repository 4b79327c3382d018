"""Where boto3 lives: small classes over one table, bucket or topic each, with their clients passed in."""
