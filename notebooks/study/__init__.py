"""What this study alone needs: its tables, its figures and their words."""
