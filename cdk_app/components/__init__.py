"""One construct per room of the cloud."""
