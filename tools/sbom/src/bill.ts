import { RcmError } from '@rcm/telemetry';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const bill = z.looseObject({ bomFormat: z.literal('CycloneDX'), metadata: z.looseObject({ component: z.looseObject({ name: z.string() }) }) });

/** Of npm's answer; this repository's takes 0.7 MB. */
const LARGEST_ANSWER = 64 * 1_048_576;
const NPM_MS = 120_000;

/**
 * A bill of materials in CycloneDX 1.5, made by npm from the lockfile in `folder`. The same lockfile gives the same bytes: the time is left
 * out and the serial number follows from the lockfile. Fails with `input_invalid` where npm cannot read it.
 */
export async function billOfMaterials(folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const lock = readFileSync(join(folder, 'package-lock.json'));
  const { name } = z.looseObject({ name: z.string() }).parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const made = bill.parse(JSON.parse(await npm(folder, environment)));
  const { timestamp: _time, component, ...metadata } = made.metadata;
  const stable = { ...made, serialNumber: `urn:uuid:${uuidOf(lock)}`, metadata: { ...metadata, component: { ...component, name } } };
  return `${JSON.stringify(stable, null, 2)}\n`;
}

/** The npm that runs us, or the one on the path. */
async function npm(folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const own = environment.npm_execpath;
  const [file, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  const args = [...first, 'sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--offline', '--loglevel=error'];
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd: folder, env: environment, maxBuffer: LARGEST_ANSWER, timeout: NPM_MS });
    return stdout;
  } catch (cause) {
    throw new RcmError(
      'input_invalid',
      'npm could not make a bill of the lockfile; `npm sbom` is in npm 10 and later, and `npm ci` says what is wrong with a lockfile.',
      {
        cause,
      },
    );
  }
}

/** RFC 9562, version 8: a uuid that follows from what it names. */
function uuidOf(bytes: Buffer): string {
  const hex = createHash('sha256').update(bytes).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
