"""One module a command, each with `main(options)`; imported when the command runs."""
