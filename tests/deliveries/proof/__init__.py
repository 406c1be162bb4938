"""What strangers verify."""
