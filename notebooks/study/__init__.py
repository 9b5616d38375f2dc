"""What this paper alone needs: its data sets, figures and tables, not the library."""
