"""`python -m gateway.cli` is the `semarak` command."""

from gateway.cli import main

main()
