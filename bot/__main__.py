"""`python -m bot`: the same as the command `precis`."""

from bot.cli import main

main()
