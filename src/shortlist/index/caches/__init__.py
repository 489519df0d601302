"""What `terms/` and `vectors/` share: segments that follow the change log and can be made again from the records."""
