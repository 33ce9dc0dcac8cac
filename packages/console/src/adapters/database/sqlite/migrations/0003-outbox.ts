/** Ours: what is still to be published (ADR 0010). */
export const ADD_OUTBOX = `
CREATE TABLE ddmq_outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  created_ms INTEGER NOT NULL)`
