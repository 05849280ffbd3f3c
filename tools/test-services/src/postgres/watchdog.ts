/**
 * A process that owns one throw-away Postgres for a test run and outlives neither that run nor its server.
 * It is detached, so killing the run's whole process group does not kill it: it sees its stdin close, stops the server
 * and removes the data. Prints one JSON line `{"url"}` on stdout when the server is ready.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newClusterPlace } from './place.ts';
import { startThrowawayPostgres } from './server.ts';
import { claimFolder, FOLDER_PREFIX, removeStaleClusters } from './stale.ts';

// Listening starts before the server does, so that a run killed meanwhile is noticed.
const runEnded = new Promise<void>((resolve) => {
  process.stdin.resume().once('end', resolve).once('close', resolve).once('error', resolve);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

await removeStaleClusters();
const folder = await mkdtemp(join(newClusterPlace(), FOLDER_PREFIX));
try {
  await claimFolder(folder);
  const server = await startThrowawayPostgres({ folder });
  process.stdout.on('error', () => undefined);
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
  await Promise.race([runEnded, server.ended]);
  await server.stop();
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
process.exit(0);
