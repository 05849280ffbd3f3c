import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClearError, sentenceFor } from './clear-error.mjs';
import { node24 } from './node-24.mjs';
import { findingsFolder, inRoot, root, say } from './workspace.mjs';

const SCHEMA = inRoot('prisma', 'schema.prisma');
const OUTPUT = inRoot('libs', 'db', 'src', 'generated');
const TIMEOUT_MS = 120_000;

/** Whether the Prisma client below libs/db was made from the schema as it is now. */
export function clientGenerated() {
  const stamp = join(findingsFolder(), 'generated');
  return existsSync(OUTPUT) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted();
}

/** Makes the Prisma client. Throws a ClearError when Prisma refuses the schema. */
export function generateClient() {
  say('generating the database client');
  const prisma = inRoot('node_modules', 'prisma', 'build', 'index.js');
  const done = spawnSync(node24(), [prisma, 'generate'], {
    cwd: root,
    env: { ...process.env, ...engine() },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new ClearError(`The database client could not be generated:\n${done.stderr || done.stdout}`);
  writeFileSync(join(findingsFolder(), 'generated'), wanted());
}

/**
 * `generate` never runs the schema engine, yet Prisma downloads it first. Where the download was not made (its install
 * script is off), any program that exists stands in for it.
 */
function engine() {
  if (process.env.PRISMA_SCHEMA_ENGINE_BINARY) return {};
  const folder = inRoot('node_modules', '@prisma', 'engines');
  const native = existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('schema-engine-'));
  return native ? {} : { PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' };
}

function wanted() {
  const version = readFileSync(inRoot('node_modules', 'prisma', 'package.json'));
  return createHash('sha256')
    .update(readFileSync(SCHEMA))
    .update(readFileSync(inRoot('prisma.config.ts')))
    .update(version)
    .digest('hex');
}

// The Nx target `generate` of libs/db runs this file by itself.
if (process.argv[1] === fileURLToPath(import.meta.url) && !clientGenerated()) {
  try {
    generateClient();
  } catch (error) {
    process.stderr.write(`${sentenceFor(error) ?? (error instanceof Error ? error.stack : error)}\n`);
    process.exitCode = 1;
  }
}
