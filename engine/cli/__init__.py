"""The command `accord`: arguments in, text out, exit codes; one file a command."""
