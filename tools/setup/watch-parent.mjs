/**
 * Preload for a process that must not outlive the one that started it: `node --import …/watch-parent.mjs main.ts`.
 * The starter gives its number in RCM_PARENT_PID (default: the direct parent) and may give its start in RCM_PARENT_START
 * (see process-life.mjs). When that process is gone, this one gets SIGTERM, and SIGKILL if it still runs after the grace.
 */
import { startOf, stillRuns } from './process-life.mjs';

const POLL_MS = 250;
// Longer than any clean stop in this workspace takes (a rotation in hand is finished first), shorter than a person's patience.
const GRACE_MS = 20_000;

const pid = Number(process.env.RCM_PARENT_PID || process.ppid);
const parent = { pid, start: process.env.RCM_PARENT_START || startOf(pid) };
// Not for the children of this process: their parent is this process.
delete process.env.RCM_PARENT_PID;
delete process.env.RCM_PARENT_START;

const poll = setInterval(() => {
  if (parent.start !== null && stillRuns(/** @type {import('./process-life.mjs').ProcessIdentity} */ (parent))) return;
  clearInterval(poll);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
}, POLL_MS);
// Watching alone is no reason to stay.
poll.unref();
