"""A call log as half a year leaves it behind: many rows, the oldest with texts that are long expired."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from bot.database import Database

HALF_YEAR = 26 * 7 * 86_400
"""Seconds."""

TEXT = "They said that the export of invoices fails again. " * 8
"""Shorter than a real prompt, so that half a million fit on a small disk."""

FILL = """
    INSERT INTO calls (id, called_at, task, prompt_version, provider, requested_model, served_model, input_tokens,
        cached_tokens, cache_write_tokens, output_tokens, thinking_tokens, cost_usd, price_table, latency_ms, attempt,
        outcome, error, workspace, channel, "user", job, prompt, answer, purpose)
    WITH RECURSIVE numbers (number) AS (
        SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number < :rows - 1
    ), models (place, provider, model) AS (
        VALUES (0, 'openai', 'gpt-4o-mini'), (1, 'openai', 'gpt-6-luna'), (2, 'claude', 'claude-haiku-4-5'),
            (3, 'claude', 'claude-haiku-5-5'), (4, 'gemini', 'gemini-3.6-flash'), (5, 'gemini', 'gemini-3.8-flash')
    ), diced AS (
        SELECT number, (number * 7919) % 6 AS place, (number * 104729) % 11600 + 400 AS tokens,
            (number * 1299709) % 850 + 50 AS written, (number * 15485863) % 100 AS dice
        FROM numbers
    )
    SELECT printf('call-%07d', number), strftime('%Y-%m-%dT%H:%M:%f+00:00', :begun + number * :step, 'unixepoch'),
        CASE WHEN dice % 3 THEN 'triage' ELSE 'summarise' END, 'v1', provider, model, model, tokens, tokens / 5, 0,
        written, 0, (tokens + 4 * written) * 1e-7, 'genai-prices', 300 + (number * 32452843) % 8700, 1,
        CASE WHEN dice < 97 THEN 'ok' ELSE 'failed' END, CASE WHEN dice < 97 THEN NULL ELSE 'overloaded' END,
        'T0SANDBOX', printf('C%03d', number % 60), printf('U%03d', number % 400),
        printf('job-%07d', CASE WHEN dice < 5 THEN max(number - 1, 0) ELSE number END),
        CASE WHEN number < :texts THEN :text END, CASE WHEN number < :texts THEN :text END,
        CASE WHEN dice < 5 THEN 'shadow' ELSE 'work' END
    FROM diced CROSS JOIN models USING (place)"""
"""Numbers that look diced and are the same each time: remainders of multiples of large primes. Of a hundred calls five
are trials, on the job of the call before."""


async def filled(path: Path, rows: int, texts: int) -> None:
    """Make a database with so many calls over half a year up to now, the first of them with their texts."""
    database = await Database.open(f"sqlite:///{path}")
    await database.close()
    values = {"rows": rows, "texts": texts, "text": TEXT, "step": HALF_YEAR / rows, "begun": time.time() - HALF_YEAR}
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = off")
        indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'calls'")
        made = {name: sql for name, sql in indexes if sql}
        for name in made:
            connection.execute(f"DROP INDEX {name}")
        connection.execute(FILL, values)
        for sql in made.values():
            connection.execute(sql)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
