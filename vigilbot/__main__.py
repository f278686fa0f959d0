"""`python -m vigilbot`."""

from vigilbot.cli import main

main()
