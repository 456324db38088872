"""`python -m bot`: the same as the command `precis`."""

import signal
import sys

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    """Leave quietly when stopped while the rest is still being imported; `run` takes the signals over."""
    if sys.argv[1:2] == ["run"]:
        for number in SIGNALS:
            signal.signal(number, lambda *_: sys.exit(0))
    from bot import cli

    cli.main()


if __name__ == "__main__":
    main()
