import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A process is known by its number AND its start: numbers are used again.
 * @typedef {{ pid: number, start: string }} ProcessIdentity
 */

/**
 * Field 22 of /proc/PID/stat (start in clock ticks since boot), counted from the last bracket of the name, which may itself hold blanks.
 * Elsewhere than on Linux the start is unknown and '' for a living process. Null: no such process, or a zombie.
 * @param {number} pid
 * @returns {string | null}
 */
export function startOf(pid) {
  if (process.platform !== 'linux') return isAlive(pid) ? '' : null;
  const fields = statFields(pid);
  return fields === null || fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}

/** @param {number} pid @returns {ProcessIdentity | null} */
export function identify(pid) {
  const start = startOf(pid);
  return start === null ? null : { pid, start };
}

/** Whether this very process still runs. @param {ProcessIdentity} identity */
export function stillRuns({ pid, start }) {
  return startOf(pid) === start;
}

/** The parent of a process, null when it is gone. @param {number} pid @returns {number | null} */
export function parentOf(pid) {
  if (process.platform === 'linux') return Number(statFields(pid)?.[1] ?? 0) || null;
  return Number(ps(pid, 'ppid')) || null;
}

/** The command line of a process with blanks between its words; '' when it is gone. @param {number} pid */
export function commandLine(pid) {
  if (process.platform !== 'linux') return ps(pid, 'command');
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** /proc/PID/stat from field 3 on. @param {number} pid */
function statFields(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {number} pid @param {'ppid' | 'command'} column */
function ps(pid, column) {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
