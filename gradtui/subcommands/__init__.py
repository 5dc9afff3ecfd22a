"""Commands with a file of their own. Like the command line itself they import nothing but click until they run."""
