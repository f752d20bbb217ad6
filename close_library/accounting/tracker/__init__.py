"""How does a program stand, and the company? The figures of other workpapers side by side, month by month, and what is open."""
