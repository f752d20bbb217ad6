"""What must run again, why, and how long it will take."""
