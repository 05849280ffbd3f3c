/**
 * Serves a real portal until Ctrl-C, to try a recipe on it by hand: `node tools/real-portals/src/main.ts [NAME]`. The address and the
 * practice accounts' names go to stdout; their passwords are in the application's portal.json.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRcmError } from '@rcm/telemetry';
import { portalNames, readPortalFolder } from './description.ts';
import { readyLine } from './ready-line.ts';
import { prepare, serve } from './serve.ts';

const stopped = Promise.race((['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal)));
const data = await mkdtemp(join(tmpdir(), 'real-portal-'));
try {
  const portal = readPortalFolder(process.argv[2] ?? portalNames()[0] ?? '');
  const prepared = await prepare(portal);
  if ('absent' in prepared) throw new Error(prepared.absent);
  const served = await serve(portal, { folder: prepared.folder, data });
  process.stdout.write(`${readyLine(portal, served)}\n`);
  await stopped;
  await served.stop();
} catch (error) {
  process.stderr.write(`${isRcmError(error) || error instanceof Error ? error.message : 'It failed.'}\n`);
  process.exitCode = 1;
} finally {
  await rm(data, { recursive: true, force: true });
}
