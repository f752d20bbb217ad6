"""What is written of a period as a whole: its front page, journal entries, findings and manifest."""
