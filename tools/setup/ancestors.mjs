import { commandLine, identify, parentOf, stillRuns } from './process-life.mjs';

/** @typedef {import('./process-life.mjs').ProcessIdentity} ProcessIdentity */

const POLL_MS = 500;
// npm runs a script through a shell, sometimes through `npm exec` of another: more steps than these are not npm's.
const MOST_STEPS = 6;

/**
 * The processes from this one's parent up to the outermost npm that runs it; empty when no npm does (a shell that ends
 * after `nohup` must not end the command).
 * @returns {ProcessIdentity[]}
 */
export function npmAncestors() {
  /** @type {ProcessIdentity[]} */
  const chain = [];
  let upToNpm = 0;
  for (let pid = process.ppid; pid > 1 && chain.length < MOST_STEPS; pid = parentOf(pid) ?? 0) {
    const identity = identify(pid);
    if (identity === null) break;
    chain.push(identity);
    if (/(^|[\s/])npm(\s|$|-cli)/.test(commandLine(pid))) upToNpm = chain.length;
  }
  return chain.slice(0, upToNpm);
}

/**
 * Calls `gone` once when one of the processes has ended. Returns the way to stop watching.
 * @param {ProcessIdentity[]} chain
 * @param {() => void} gone
 */
export function watchAncestors(chain, gone) {
  const poll = setInterval(() => {
    if (chain.every(stillRuns)) return;
    clearInterval(poll);
    gone();
  }, POLL_MS);
  poll.unref();
  return () => clearInterval(poll);
}
