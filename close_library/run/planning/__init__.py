"""What is asked for and what will run, known before anything is written."""
