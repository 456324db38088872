"""What every test starts from: an environment without tokens, keys or proxies, and the real data where it is present."""

import os
from pathlib import Path

import pytest

FOREIGN = ("SLACK_", "LLM_", "ANTHROPIC_", "OPENAI_", "GEMINI_", "GOOGLE_", "DATABASE_URL", "HEALTH_PORT", "PORT")

for variable in list(os.environ):
    if variable.startswith(FOREIGN) or variable.upper().endswith(("_PROXY", "_API_KEY")):
        del os.environ[variable]

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PRECIS_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real threads, exports and payloads; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"real data absent: no folder {DATA.name!r} where PRECIS_DATA points")
    return DATA
