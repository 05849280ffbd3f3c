/** A stand-in for the platform: starts Postgres under its watchdog in the folder named by the first argument, says so, and waits to be killed. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDataFolder } from '../data/folder.ts';
import { openRoster } from '../processes/roster.ts';
import { processEnvironment } from '../processes/environment.ts';
import { createSupervisor } from '../processes/supervisor.ts';
import { startEmbeddedPostgres } from './start.ts';

const root = process.argv[2] ?? '';
mkdirSync(join(root, 'logs'), { recursive: true });
const folder = openDataFolder({ data: root, base: root });
const supervisor = createSupervisor({
  logs: folder.logs,
  roster: openRoster(folder.roster),
  environment: processEnvironment(folder, process.env),
  onFailure: () => process.exit(1),
});
const started: number[] = [];
await startEmbeddedPostgres(folder, {
  ...supervisor,
  start: (options) => {
    const managed = supervisor.start(options);
    started.push(managed.pid);
    return managed;
  },
});
process.stdout.write(`${JSON.stringify({ pid: started[0] })}\n`);
setInterval(() => {}, 1_000);
