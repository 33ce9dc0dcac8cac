const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin'

/** Ours: people with hashed passwords, their sessions, and API tokens (console.md §2.3 has none of them). */
export const ACCOUNT_TABLES: ReadonlyMap<string, string> = new Map([
  [
    'ddmq_account',
    `CREATE TABLE ddmq_account (
  name varchar(128) NOT NULL PRIMARY KEY,
  password_hash varchar(255) NOT NULL
) ${OPTIONS}`,
  ],
  [
    'ddmq_session',
    `CREATE TABLE ddmq_session (
  secret_hash varchar(128) NOT NULL PRIMARY KEY,
  account varchar(128) NOT NULL,
  expires_ms bigint NOT NULL,
  KEY idx_account (account),
  KEY idx_expires (expires_ms)
) ${OPTIONS}`,
  ],
  [
    'ddmq_api_token',
    `CREATE TABLE ddmq_api_token (
  name varchar(64) NOT NULL PRIMARY KEY,
  secret_hash varchar(128) NOT NULL,
  created_ms bigint NOT NULL,
  UNIQUE KEY idx_secret (secret_hash)
) ${OPTIONS}`,
  ],
])
