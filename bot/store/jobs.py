"""The statements of the inbox: everything that happens to a row of the table `inbox`."""

from bot.store.rows import BATCH

PUT = """
    INSERT INTO inbox (id, queue, body, due, wait) VALUES ($1, $2, $3, now() + $4, $4)
    ON CONFLICT (id) DO UPDATE SET
        body = excluded.body, due = excluded.due, wait = excluded.wait, owner = NULL, tries = 0, put_off = 0,
        error = NULL
    WHERE $5 AND inbox.due IS NULL AND (inbox.posted IS NULL OR inbox.error IS NOT NULL)
    RETURNING id"""
TAKE = """
    UPDATE inbox
    SET owner = $2, due = now() + $3, wait = $3, started = now(), tries = tries + 1, taken = taken + 1,
        again = CASE WHEN owner = $2 THEN again ELSE 0 END
    WHERE due <= now() AND id IN (SELECT id FROM inbox WHERE queue = $1 AND due <= now() ORDER BY due LIMIT $4)
    RETURNING id, body, answer, posted, tries, taken, put_off, error"""
UNCOUNT = "UPDATE inbox SET tries = tries - 1 WHERE id = $1 AND owner = $2"
HOLD = "UPDATE inbox SET due = now() + $2 WHERE owner = $1 AND due IS NOT NULL AND id IN ({ids})"
SAVE = "UPDATE inbox SET answer = $3 WHERE id = $1 AND owner = $2 AND due IS NOT NULL RETURNING id"
POSTED = "UPDATE inbox SET posted = $3 WHERE id = $1 AND owner = $2 AND due IS NOT NULL RETURNING id"
RETRY = """
    UPDATE inbox SET due = now() + $4, wait = $4, owner = NULL, error = $3
    WHERE id = $1 AND owner = $2 AND due IS NOT NULL"""
PUT_OFF = """
    UPDATE inbox
    SET due = now() + $4, wait = $4, owner = NULL, error = $3, put_off = put_off + 1,
        tries = CASE WHEN tries > $5 THEN tries - 1 ELSE tries END,
        taken = CASE WHEN tries > $5 THEN taken - 1 ELSE taken END
    WHERE id = $1 AND owner = $2 AND due IS NOT NULL"""
DONE = """
    UPDATE inbox SET due = NULL, error = $3, body = NULL, answer = NULL
    WHERE id = $1 AND owner = $2 AND due IS NOT NULL AND again = 0 RETURNING id"""
WAKE = """
    INSERT INTO inbox (id, queue, body, due) VALUES ($1, $2, $3, now())
    ON CONFLICT (id) DO UPDATE SET again = 1, body = excluded.body"""
AFRESH = """
    UPDATE inbox
    SET due = now(), wait = 0, owner = NULL, tries = 0, taken = 0, put_off = 0, again = 0,
        answer = NULL, posted = NULL, error = NULL
    WHERE id = $1 AND again = 1 AND (due IS NULL OR owner = $2)"""
HAND_BACK = """
    UPDATE inbox SET due = now(), wait = 0, owner = NULL, tries = tries - 1 WHERE owner = $1 AND due IS NOT NULL"""
CATCH_UP = f"""
    UPDATE inbox SET due = now() + wait WHERE id IN (
        SELECT id FROM inbox WHERE queue IN ({{queues}}) AND due > now() AND due > now() + wait LIMIT {BATCH})
    RETURNING id"""
BUSY = """
    SELECT 1 FROM inbox
    WHERE due IS NOT NULL AND (due <= now() OR owner = $1) AND queue IN ({queues}) LIMIT 1"""
DEPTH = "SELECT count(*) AS jobs FROM inbox WHERE due IS NOT NULL AND (due <= now() OR owner IS NOT NULL)"
FORGET_DONE = f"""
    DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE due IS NULL AND started < now() - $1 LIMIT {BATCH})
    RETURNING id"""
FORGET_OPEN = f"""
    DELETE FROM inbox WHERE id IN (
        SELECT id FROM inbox WHERE due < now() - $1 AND queue NOT IN ({{queues}}) LIMIT {BATCH})
    RETURNING id"""


def soonest(queues: int) -> str:
    """In how many seconds the next job of each of so many queues is due, as the columns of one row, NULL for none."""
    each = "(SELECT min(due) FROM inbox WHERE queue = ${place} AND due IS NOT NULL) - now() AS queue_{place}"
    return "SELECT " + ", ".join(each.format(place=place) for place in range(1, queues + 1))
