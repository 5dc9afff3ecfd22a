"""Views: seven ways to look at the same run."""
