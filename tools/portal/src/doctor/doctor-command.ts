import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BrowserPool,
  createBrowserPool,
  type DeclaredHost,
  type HostAddress,
  inspectPortal,
  type PagePicture,
  type Recipe,
  recipeHosts,
  type RecipeLint,
} from '@rcm/portal-drivers';
import { createLogger, isRcmError, RcmError } from '@rcm/telemetry';
import { jsonLine } from '@rcm/telemetry/json-shape';
import type { PortalConfig } from '../config.ts';
import { addressFrom, hostsFrom } from '../address.ts';
import { lintFile } from '../recipe-file.ts';
import { secondsOf } from '../seconds.ts';
import { type Addresses, addressesOf, type TypedDoctorOptions } from './options.ts';
import { openPictures, type Pictures } from './pictures.ts';
import { describeExamination, type Examination, isHealthy } from './report.ts';

/** The recipes that come with this project. */
const OWN_RECIPES = fileURLToPath(new URL('../recipes', import.meta.resolve('@rcm/portal-drivers')));

interface LintedFile extends RecipeLint {
  readonly file: string;
}

/**
 * `portal doctor`: lints recipes and compares each with its portal's pages, without a credential: a page that has changed is seen before it
 * costs a login attempt. Returns the exit code. Fails with `input_invalid` where the call is wrong.
 */
export async function doctorCommand(config: PortalConfig, stdout: NodeJS.WriteStream, files: readonly string[], typed: TypedDoctorOptions): Promise<number> {
  const linted = await lintAll(await chosenFiles(files, typed.all ?? false));
  const addresses = addressesOf(
    typed.baseUrl ?? [],
    linted.flatMap(({ recipe }) => (recipe ? [recipe.name] : [])),
  );
  const deadlineMs = secondsOf(typed.deadline);
  const address = addressFrom(typed.address);
  const further = hostsFrom(typed.host ?? [], address);
  const pictures = typed.pictures === undefined ? null : await openPictures(typed.pictures);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const pool = createBrowserPool({ maxContexts: 1, executablePath: config.RCM_CHROMIUM_PATH, logger: createLogger({ name: 'portal', level: 'silent' }) });
  const examinations: Examination[] = [];
  try {
    for (const one of linted) {
      const examination = await examine(one, addresses, { pool, address, further, deadlineMs, pictures, signal: stop.signal });
      examinations.push(examination);
      if (!typed.json) stdout.write(describeExamination(examination));
    }
  } finally {
    await pool.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  if (typed.json) stdout.write(jsonLine({ recipes: examinations }));
  return examinations.every(isHealthy) ? 0 : 1;
}

async function chosenFiles(files: readonly string[], all: boolean): Promise<readonly string[]> {
  if (all === files.length > 0)
    throw new RcmError('input_invalid', all ? '--all and files exclude each other.' : 'Name recipes, or --all for those of this project.');
  if (!all) return files;
  const names = (await readdir(OWN_RECIPES)).filter((name) => name.endsWith('.yaml')).sort();
  return names.map((name) => relative(process.cwd(), join(OWN_RECIPES, name)));
}

async function lintAll(files: readonly string[]): Promise<readonly LintedFile[]> {
  const linted: LintedFile[] = [];
  for (const file of files) linted.push({ file, ...(await lintFile(file)) });
  return linted;
}

async function examine(
  { file, recipe, problems }: LintedFile,
  addresses: Addresses,
  {
    pool,
    address,
    further,
    deadlineMs,
    pictures,
    signal,
  }: {
    readonly pool: BrowserPool;
    readonly address: HostAddress;
    readonly further: readonly DeclaredHost[];
    readonly deadlineMs: number;
    readonly pictures: Pictures | null;
    readonly signal: AbortSignal;
  },
): Promise<Examination> {
  const baseUrl = addresses.get(recipe?.name ?? '') ?? null;
  const partsBehindLogin = recipe ? behindLogin(recipe) : [];
  const examination: Examination = { file, name: recipe?.name ?? null, problems, baseUrl, findings: null, pictures: [], partsBehindLogin, failure: null };
  if (!recipe || baseUrl === null) return examination;
  try {
    const seen: PagePicture[] = [];
    const onPicture = pictures ? (picture: PagePicture) => void seen.push(picture) : undefined;
    const portal = { recipe, hosts: [...recipeHosts(recipe, baseUrl, address), ...further], browser: pool };
    const findings = await inspectPortal(portal, { baseUrl, deadlineMs, signal, ...(onPicture ? { onPicture } : {}) });
    return { ...examination, findings, pictures: pictures ? await pictures.keep(recipe.name, seen) : [] };
  } catch (error) {
    return { ...examination, failure: isRcmError(error) ? error.message : 'Something unexpected failed.' };
  }
}

/** The parts of a recipe that begin with a session. */
const behindLogin = ({ change, forced_change, logout, tasks }: Recipe): readonly string[] => [
  ...Object.entries({ change, forced_change, logout }).flatMap(([name, part]) => (part ? [name] : [])),
  ...Object.keys(tasks ?? {}).map((name) => `task ${name}`),
];
