import { hasCode, isRcmError, RcmError } from '@rcm/telemetry';
import { requireDocker } from './compose/docker.ts';
import type { PlatformConfig } from './config.ts';
import { type RunHooks, toTheFigures, type Run } from './demo-run.ts';
import { removeAbandoned } from './data/abandoned.ts';
import { freeBytes, openDataFolder, type DataFolder } from './data/folder.ts';
import { takeLock } from './data/lock.ts';
import { openMemory, readMemory, type MemoryFile } from './data/memory.ts';
import type { RunOptions } from './options.ts';
import { processEnvironment } from './processes/environment.ts';
import { listenForInterruption, unlessAborted } from './processes/interruption.ts';
import { endLeftovers, openRoster } from './processes/roster.ts';
import { createSupervisor, type Supervisor } from './processes/supervisor.ts';
import { createProgress } from './progress.ts';
import { createStops, requireChromium } from './services.ts';

const DEFAULT_ENDPOINTS = 24;
const EXIT_INTERRUPTED = 130;

/** Runs the platform and gives the exit code: 0 figures as they should be, 1 not. Fails with `config_invalid` and with whatever kept it from running. */
export async function runPlatform(options: RunOptions, config: PlatformConfig, environment: NodeJS.ProcessEnv, hooks: RunHooks = {}): Promise<number> {
  const startedAt = Date.now();
  // A container has its own.
  const chromium = options.images === null ? await requireChromium(config) : null;
  if (options.images !== null) await requireDocker('--images', environment);
  const folder = openDataFolder({ data: options.data, base: config.INIT_CWD ?? process.cwd() });
  const lock = await takeLock(folder.lock, folder.root);
  const leave = () => {
    lock.release();
    if (!folder.kept) folder.remove();
  };
  const progress = createProgress(process.stderr, startedAt);
  let supervisor: Supervisor | null = null;
  const interruption = listenForInterruption(() => {
    void (supervisor?.killRest() ?? Promise.resolve()).finally(() => {
      leave();
      process.exit(EXIT_INTERRUPTED);
    });
  });
  interruption.signal.addEventListener('abort', () => lock.ending());
  try {
    removeAbandoned();
    for (const path of folder.opened) progress.say(`others may pass through ${path} now (chmod o+x): Postgres, which does not run as root, must`);
    if (lock.tookOver) progress.say('an earlier run on this folder was killed; going on from where it was');
    await endLeftovers(folder.roster);
    const memory = remember(options, folder);
    const supervised = (supervisor = createSupervisor({
      logs: folder.logs,
      roster: openRoster(folder.roster),
      environment: processEnvironment(folder, environment),
      onFailure: (failure) => interruption.abort(failure),
    }));
    const onProblem = (name: string, cause: unknown) => progress.say(`${name} could not be stopped cleanly: ${(cause as Error).message}`);
    const [stops, removals] = [createStops(onProblem), createStops(onProblem)];
    let reached: number | null = null;
    const onFigures = (exitCode: number) => void (reached = exitCode);
    const common = { options, config, chromium, folder, memory, progress, environment, interruption, startedAt };
    const run: Run = { ...common, supervisor: supervised, stops, removals, onFigures, hooks };
    try {
      return await unlessAborted(interruption.signal, toTheFigures(run));
    } catch (cause) {
      if (reached !== null && hasCode(cause, 'cancelled')) return reached;
      throw ofGoneFolder(folder, ofFullDisk(folder, cause));
    } finally {
      lock.ending();
      progress.end();
      await stops.run();
      await removals.run();
      await supervised.killRest();
    }
  } finally {
    interruption.stop();
    leave();
  }
}

/** What was wanted when the folder was new holds for every later run on it. */
function remember(options: RunOptions, folder: DataFolder): MemoryFile {
  const known = readMemory(folder.memory);
  const mode = options.compose ? 'compose' : 'embedded';
  if (known && options.endpoints !== null && options.endpoints !== known.endpoints) {
    throw new RcmError('config_invalid', `${folder.root} was begun with ${known.endpoints} endpoints; leave out --endpoints or give another --data folder.`);
  }
  if (known && known.mode !== mode)
    throw new RcmError(
      'config_invalid',
      `${folder.root} was begun ${known.mode === 'compose' ? 'with' : 'without'} --compose; go on so or give another --data folder.`,
    );
  return openMemory(
    folder.memory,
    known ?? { endpoints: options.endpoints ?? DEFAULT_ENDPOINTS, mode, hitsBeforeScrub: null, seededSecrets: 0, interruptedRotations: [] },
  );
}

const FULL_BYTES = 4 * 1024 * 1024;

/** What fails on a full disk fails with anybody's words: the reason is said first. */
function ofFullDisk(folder: DataFolder, cause: unknown): unknown {
  const free = freeBytes(folder.root);
  if (free === null || free > FULL_BYTES) return cause;
  return new RcmError('state_conflict', `The file system of ${folder.root} is full: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** A log that is named to somebody goes with a folder that is not kept. */
function ofGoneFolder(folder: DataFolder, cause: unknown): unknown {
  if (folder.kept || !isRcmError(cause) || !cause.message.includes(folder.root)) return cause;
  return new RcmError(cause.code, `${cause.message} That folder was a temporary one and is gone; with --data DIR it stays.`, { cause });
}
