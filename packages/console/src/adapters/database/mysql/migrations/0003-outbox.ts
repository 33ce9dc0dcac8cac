/** Ours: what is still to be published (ADR 0010). */
export const OUTBOX_TABLES: ReadonlyMap<string, string> = new Map([
  [
    'ddmq_outbox',
    `CREATE TABLE ddmq_outbox (
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind varchar(16) NOT NULL,
  name varchar(255) NOT NULL,
  created_ms bigint NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
  ],
])
