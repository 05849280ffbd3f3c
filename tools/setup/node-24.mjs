import { existsSync } from 'node:fs';
import { ClearError } from './clear-error.mjs';
import { inRoot, root } from './workspace.mjs';

const NEEDED = 24;

/** The Node that runs TypeScript as it is: the machine's own from 24 on, else the one that came with the dependencies. */
export function node24() {
  const own = Number(process.versions.node.split('.')[0]) >= NEEDED;
  if (own && existsSync(process.execPath)) return process.execPath;
  const packaged = inRoot('node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  throw new ClearError(
    `Node ${NEEDED} or newer is needed: this is ${process.version} and no package brings one for ${process.platform} ${process.arch} to ${root}.`,
  );
}
