/** Ours: people with hashed passwords, their sessions, and API tokens (console.md §2.3 has none of them). */
export const ADD_ACCOUNTS = `
CREATE TABLE ddmq_account (name TEXT PRIMARY KEY, password_hash TEXT NOT NULL);
CREATE TABLE ddmq_session (
  secret_hash TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES ddmq_account (name) ON DELETE CASCADE,
  expires_ms INTEGER NOT NULL);
CREATE TABLE ddmq_api_token (name TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL)`
