"""The container's image: built here, and run here as SageMaker and Lambda would."""
