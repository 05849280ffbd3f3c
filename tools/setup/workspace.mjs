import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this clone. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** A path below the root. @param {...string} parts */
export const inRoot = (...parts) => join(root, ...parts);

/** Where set-up keeps its findings and its lock: git-ignored, safe to delete. Made on first use. */
export function findingsFolder() {
  const folder = inRoot('.rcm', 'setup');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Says what set-up is doing. Always stderr: stdout belongs to the command. @param {string} text */
export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}
