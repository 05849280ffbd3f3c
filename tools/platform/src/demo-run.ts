import { createKmsDataKeys } from '@rcm/credentials';
import { openDatabase } from '@rcm/db';
import { applyMigrations } from '@rcm/db/admin';
import type { PlatformConfig } from './config.ts';
import { AppContainers } from './containers/run-apps.ts';
import type { DataFolder } from './data/folder.ts';
import type { MemoryFile } from './data/memory.ts';
import { readByPeople } from './figures/by-people.ts';
import { wrongFigures, type Figures } from './figures/figures.ts';
import { readReached } from './figures/reached.ts';
import type { AppCounts, RunOptions } from './options.ts';
import type { RunningAws } from './aws/running.ts';
import { type AppSetting, ENVIRONMENT_NAME } from './processes/environment.ts';
import { settleStorage } from './postgres/start.ts';
import type { Interruption } from './processes/interruption.ts';
import type { Supervisor } from './processes/supervisor.ts';
import type { Progress } from './progress.ts';
import { reportEnd, reportRunning, type RunningPlatform } from './report.ts';
import { payloadSecrets } from './search/payload-secrets.ts';
import { PlaintextSearch, type SoughtSecret } from './search/scan.ts';
import { searchStatistics } from './search/statistics.ts';
import { seededPlaces } from './seed/logins.ts';
import { openLegacyAccounts, seedRows } from './seed/seed.ts';
import { appSetting, startServices, type Services, type Stops } from './services.ts';
import { writeAuditTrail } from './work/audit-trail.ts';
import { migrateFromImage, runMigrator } from './work/apps.ts';
import { type Doors, openDoors } from './work/doors.ts';
import { writeOperatorProfile } from './work/operator-profile.ts';
import { openRotations, workThroughRotation } from './work/demonstration.ts';
import type { MeasuredWork } from './work/measured-work.ts';

/** For the endpoint it has in hand. */
const MIGRATOR_GRACE_MS = 15_000;
const TASK_KEYS_MS = 1_800_000;
const ONE_EACH: AppCounts = { agents: 1, rotators: 1 };

/** What somebody beside the terminal wants to know. */
export interface RunHooks {
  onWork?(measured: MeasuredWork): void;
  /** Takes the figures. Default: stdout. */
  readonly print?: (text: string) => void;
}

/** Everything of one run, from the data folder to the exit code. */
export interface Run {
  readonly options: RunOptions;
  readonly config: PlatformConfig;
  /** `null`: the apps' containers have their own. */
  readonly chromium: string | null;
  readonly folder: DataFolder;
  readonly memory: MemoryFile;
  readonly progress: Progress;
  readonly supervisor: Supervisor;
  readonly stops: Stops;
  /** What may only go after its storage was searched. */
  readonly removals: Stops;
  readonly environment: NodeJS.ProcessEnv;
  readonly interruption: Interruption;
  readonly startedAt: number;
  /** Told of the exit code when the figures are printed: whoever ends it after that ends nothing early. */
  readonly onFigures: (exitCode: number) => void;
  readonly hooks: RunHooks;
}

/** A run from its services to its figures: services, seeds, migration, work through the rotation, figures. Gives the exit code: 0 where every figure is as it should be. */
export async function toTheFigures(run: Run): Promise<number> {
  const { options, memory, folder, progress, stops, supervisor, interruption, startedAt } = run;
  const services = await startServices({ mode: memory.value.mode, folder, supervisor, stops, removals: run.removals, progress, environment: run.environment });
  const url = services.postgres.url.value.reveal();
  const apps = options.apps ?? ONE_EACH;
  const containers = options.images === null ? null : new AppContainers(folder, run.environment, apps);
  if (containers) run.removals.push('containers of the apps', () => containers.remove());
  if (options.images === null) await applyMigrations({ url });
  else await migrateFromImage(options.images, { folder, url: services.postgres.url }, supervisor);
  const dataKeys = taskDataKeys(services.aws);
  stops.push('data keys', () => dataKeys.close());
  const db = openDatabase({ url, applicationName: 'rcm-platform', maxConnections: 4, dataKeys });
  stops.push('database connections', () => db.close());
  memory.write({ interruptedRotations: [...new Set([...memory.value.interruptedRotations, ...(await openRotations(db))])] });

  const { created } = await seedRows(db, { count: memory.value.endpoints, baseUrls: services.portals.baseUrls });
  const seeded = await openLegacyAccounts(db, services.portals.control);
  progress.say(
    created > 0
      ? `${created} endpoints seeded, their logins in plaintext in Postgres and at the portals`
      : `${memory.value.endpoints} endpoints are there from an earlier run`,
  );
  await rememberPlaintext(run, services, seeded);

  const setting = await appSetting(services, { folder, config: run.config, chromium: run.chromium, images: options.images });
  stops.push('migrator', () => supervisor.endCommands(MIGRATOR_GRACE_MS));
  for (const command of ['apply', 'verify', 'scrub'] as const) {
    await runMigrator(command, setting, supervisor);
    progress.say(`migrator ${command} is done`);
  }
  const doors = await openForOthers(run, setting);
  const work = await workThroughRotation({
    db,
    setting: { ...setting, tokens: doors?.tokens ?? null },
    supervisor,
    stops,
    progress,
    signal: interruption.signal,
    apps,
  });
  run.hooks.onWork?.(work.measured);

  if (containers) {
    await containers.check();
    progress.say('every container: not root, no capability, no way to gain one, a seccomp filter, a root that is read-only');
  }

  const trail = await writeAuditTrail(folder, services.postgres.url, supervisor);
  progress.say(`audit trail signed, exported and checked: ${trail.events} events of ${trail.organizations} organizations`);
  if (folder.kept) progress.say(`check it yourself: ${trail.command}`);

  const seededIds = seededPlaces(memory.value.endpoints).map(({ id }) => id);
  const reached = await readReached(db, services.portals.control, services.aws, seededIds);
  const byPeople = await readByPeople(url, seededIds);
  const search = new PlaintextSearch([...seeded, ...(await services.aws.everyValueEver()).flatMap(payloadSecrets)]);
  // While browsers run: what they keep in their profiles goes with them.
  await search.searchTree(folder.temporary);
  await containers?.search(search);
  await searchStatistics(search, url);
  if (options.once) await stops.run();
  else await settleStorage(url);
  await services.postgres.searchStorage(search);
  await search.searchTree(folder.root, [folder.portals]);

  const figures: Figures = {
    ...reached,
    secretsSearched: search.secretCount,
    plaintextHitsBeforeScrub: memory.value.hitsBeforeScrub ?? 0,
    plaintextHits: search.hitCount,
    durationMs: Date.now() - startedAt,
  };
  const wrong = wrongFigures(figures, {
    endpoints: memory.value.endpoints,
    seededSecrets: memory.value.seededSecrets,
    interruptedRotations: memory.value.interruptedRotations.length,
    rotationsAsked: work.measured.rotations,
    byPeople,
  });
  progress.end();
  reportEnd({ figures, wrong, hits: search.hits, json: options.json, folder, print: run.hooks.print });
  const exitCode = wrong.length === 0 ? 0 : 1;
  run.onFigures(exitCode);
  if (!options.once) await standBy(run, { services, work, trail, profile: await writeOperatorProfile(setting), doors });
  return exitCode;
}

/** For people and services, while it stays up. `null`: it ends by itself, or the apps run from images. */
async function openForOthers({ options, supervisor, stops, progress }: Run, setting: AppSetting): Promise<Doors | null> {
  if (options.once || options.images !== null) return null;
  const doors = await openDoors(setting, supervisor, stops);
  progress.say(`the console is up at ${doors.consoleUrl}: sign in with a click, and look on`);
  return doors;
}

/** Whoever asks for tasks seals what it asks with, as a web-agent does. */
const taskDataKeys = (aws: RunningAws) =>
  createKmsDataKeys({
    ...{ region: aws.region, endpoint: aws.endpoint, environment: ENVIRONMENT_NAME, kmsKeyId: aws.kmsKeyId, roleArn: aws.tenantRoleArn('agent') },
    // A task's keys end some day; they are asked for again in time.
    credentials: async () => ({ ...(await aws.taskKeys('agent')), expiration: new Date(Date.now() + TASK_KEYS_MS) }),
  });

/** Once in the life of a folder, before anything is migrated: later there is no plaintext left to be found. */
async function rememberPlaintext({ memory, folder, progress }: Run, services: Services, seeded: readonly SoughtSecret[]): Promise<void> {
  if (memory.value.hitsBeforeScrub !== null) return;
  const url = services.postgres.url.value.reveal();
  await settleStorage(url);
  const search = new PlaintextSearch(seeded);
  await searchStatistics(search, url);
  await services.postgres.searchStorage(search);
  await search.searchTree(folder.root, [folder.portals]);
  memory.write({ hitsBeforeScrub: search.hitCount, seededSecrets: search.secretCount });
  progress.say(`${search.secretCount} secrets lie in plaintext at ${search.hitCount} places`);
}

/** Stays up, with a task now and then, until somebody ends it. */
async function standBy({ folder }: Run, running: Omit<RunningPlatform, 'folder'>): Promise<void> {
  reportRunning({ folder, ...running });
  await running.work.keepWorking();
}
