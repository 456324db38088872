"""`python -m bot`: the same as the command `precis`."""

import signal
import sys

SIGNALS = (signal.SIGTERM, signal.SIGINT)
OURS = ("adapters", "bot", "handlers")


def main() -> None:
    """Leave quietly when stopped while the rest is still being imported; `run` takes the signals over."""
    if sys.argv[1:2] == ["run"]:
        for number in SIGNALS:
            signal.signal(number, lambda *_: sys.exit(0))
    try:
        from bot.cli import main as precis

        precis()
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] in OURS:
            raise
        sys.exit('Precis lacks its packages in this Python: run "make demo" once, then .venv/bin/python -m bot')


if __name__ == "__main__":
    main()
