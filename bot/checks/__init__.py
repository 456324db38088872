"""What `python -m bot check` looks at, a file for each noun; Slack is asked from where the command stands."""
