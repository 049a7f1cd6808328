// Fills a stopped server's database with many copies of rows that it made itself: a million clients or families in
// seconds, exactly as Tessera writes them. Copies differ in their handle, and clients in their id ("bench-17").
import { execFileSync } from 'node:child_process';

function sqlite(database, sql) {
  return execFileSync('sqlite3', [database], { input: `.bail on\nPRAGMA synchronous=OFF;\nPRAGMA cache_size=-1000000;\n${sql}`, encoding: 'utf8' }).trim();
}

/** INSERT ... SELECT that copies the rows of `where`, `count` times, with some columns computed ("n" counts from 1). */
function copyRows(database, table, where, count, changes) {
  const columns = sqlite(database, `SELECT name FROM pragma_table_info('${table}');`).split('\n').filter((name) => /^[a-z_]+$/.test(name));
  const values = columns.map((name) => changes[name] ?? `source.${name}`);
  sqlite(
    database,
    `BEGIN;
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
INSERT INTO ${table} (${columns.join(', ')})
SELECT ${values.join(', ')} FROM numbers CROSS JOIN (SELECT * FROM ${table} WHERE ${where} LIMIT 1) AS source;
COMMIT;`,
  );
}

/**
 * Copies of the client "bench" in realm `bench`, each with the same secret. Their last uses lie within the past hour, as those of a
 * server that has run for longer do: it writes each about once an hour, and otherwise would write all of them now.
 */
export function addClients(database, count) {
  const client = "client_id = 'bench' AND realm = (SELECT id FROM realm WHERE name = 'bench')";
  const [base, secretBase, source] = sqlite(
    database,
    `SELECT (SELECT max(id) FROM client), (SELECT max(id) FROM client_secret), (SELECT id FROM client WHERE ${client});`,
  ).split('|').map(Number);
  const newHandle = { handle: 'randomblob(16)' };
  copyRows(database, 'client', client, count, { ...newHandle, id: `${base} + n`, client_id: "'bench-' || n" });
  copyRows(database, 'client_secret', `client = ${source}`, count, { ...newHandle, id: `${secretBase} + n`, client: `${base} + n`, last_used_at_s: "strftime('%s') - abs(random()) % 3600" });
  sqlite(database, 'PRAGMA wal_checkpoint(TRUNCATE);');
}

/**
 * Copies of a live refresh family; one must have been opened before. Afterwards the rows lie in random order, as those that
 * are refreshed at one time do in a table of that size: each is on a page of its own.
 */
export function addFamilies(database, count) {
  copyRows(database, 'family', 'ended_at_s = 0', count, { handle: 'randomblob(16)', nonce: 'randomblob(16)' });
  sqlite(
    database,
    `PRAGMA temp_store=MEMORY;
BEGIN;
CREATE TEMP TABLE shuffled AS SELECT * FROM family ORDER BY random();
DELETE FROM family;
INSERT INTO family SELECT * FROM shuffled;
COMMIT;`,
  );
  sqlite(database, 'PRAGMA wal_checkpoint(TRUNCATE);');
}
