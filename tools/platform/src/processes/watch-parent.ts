/**
 * Preloaded into every process (`node --import …`): ends the process when the platform is gone, however it went. A SIGKILL tells
 * nobody, so the process looks for itself. First SIGTERM, which every process answers by finishing or handing back its work, then
 * SIGKILL. Those that others still need while they finish (database, secret store, portals) linger a while.
 */
import { isAlive } from './identity.ts';

const LOOK_EVERY_MS = 250;
const GRACE_MS = 25_000;

const parent = { pid: Number(process.env.RCM_PARENT_PID), startedAt: process.env.RCM_PARENT_START ?? '' };
const lingerMs = Number(process.env.RCM_PARENT_LINGER_MS ?? 0);

if (parent.pid > 0 && parent.startedAt !== '') {
  const look = setInterval(() => {
    if (isAlive(parent)) return;
    clearInterval(look);
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), lingerMs);
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), lingerMs + GRACE_MS).unref();
  }, LOOK_EVERY_MS);
  look.unref();
}
