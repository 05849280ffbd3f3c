import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLogger, createMetrics, Secret } from '@rcm/telemetry';
import { serveApp } from '../corpus/apps/app-server.fixture.ts';
import { signsOutApp } from '../corpus/apps/signs-out.fixture.ts';
import { createBrowserPool, createRecipeDriver, lintRecipe, recipeHosts } from '../index.ts';
import { browserProcesses } from './browser-processes.fixture.ts';

export interface Endurance {
  readonly tasks: number;
  /** Ended otherwise than with a result, by how: only those whose browser was killed may. */
  readonly failed: Readonly<Record<string, number>>;
  readonly browsersKilled: number;
  /** Left over at the end, with the pool still open. */
  readonly contextsOpen: number;
  readonly browsersOpen: number;
  /** Megabytes that this process needs after each fifth of the tasks, and what the browser holds. */
  readonly nodeMegabytes: readonly number[];
  readonly browserMegabytes: readonly number[];
  /** Growth of what this process needs, from the second fifth to the last. */
  readonly nodeGrowth: number;
  readonly seconds: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** In bytes, garbage left out: what a process holds beside that says how lazily it is collected, and on a busy machine it grows by a third without a leak. */
function needed(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Does many tasks, each with a login of its own, at an application on loopback; kills the browser now and then. */
export async function endure(options: {
  readonly tasks: number;
  readonly atOnce: number;
  readonly killEvery: number;
  readonly executablePath?: string | undefined;
}): Promise<Endurance> {
  const app = signsOutApp();
  app.accounts.set('jo', { password: 'Passw0rd', failures: 0 });
  const server = await serveApp(app);
  const { recipe } = lintRecipe(readFileSync(new URL('../corpus/recipes/signs-out.yaml', import.meta.url), 'utf8'), { file: 'signs-out' });
  if (!recipe) throw new Error('the recipe is not usable');
  const metrics = createMetrics();
  const gauge = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.exposition())?.[1] ?? 0);
  const pool = createBrowserPool({
    maxContexts: options.atOnce,
    logger: createLogger({ name: 'endurance', level: 'silent' }),
    metrics,
    executablePath: options.executablePath,
  });
  const driver = createRecipeDriver({ recipe, hosts: recipeHosts(recipe, server.origin, 'loopback'), browser: pool });
  const credential = { username: new Secret('jo'), password: new Secret('Passw0rd'), custom: {} };
  const before = browserProcesses();
  const failed: Record<string, number> = {};
  const memory: { node: number; browser: number }[] = [];
  const start = performance.now();
  let [begun, killed] = [0, 0];

  async function task(): Promise<string> {
    const limits = { deadlineMs: 60_000, signal: new AbortController().signal };
    const session = await driver.openSession({ baseUrl: server.origin, signal: limits.signal });
    try {
      const { outcome } = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, ...limits });
      return outcome.kind === 'accepted' ? (await session.runTask({ name: 'card', input: {}, ...limits })).kind : outcome.kind;
    } finally {
      await session.close();
    }
  }

  async function worker(): Promise<void> {
    while (begun < options.tasks) {
      begun += 1;
      const number = begun;
      const kind = await task().catch((error: { code?: string }) => error.code ?? 'not typed');
      if (kind !== 'found') failed[kind] = (failed[kind] ?? 0) + 1;
      if (number % options.killEvery === 0) {
        killed += 1;
        for (const pid of browserProcesses()) if (!before.includes(pid)) process.kill(pid, 'SIGKILL');
      }
      if (number % Math.floor(options.tasks / 5) === 0) {
        memory.push({ node: needed(), browser: await gauge('rcm_browser_memory_bytes') });
      }
    }
  }

  await Promise.all(Array.from({ length: options.atOnce }, worker));
  const contextsOpen = await gauge('rcm_browser_contexts');
  const browsersOpen = browserProcesses().filter((pid) => !before.includes(pid)).length;
  await pool.close();
  await server.close();
  const megabytes = (bytes: number) => Math.round(bytes / 1024 ** 2);
  return {
    tasks: options.tasks,
    failed,
    browsersKilled: killed,
    contextsOpen,
    browsersOpen,
    nodeMegabytes: memory.map((one) => megabytes(one.node)),
    browserMegabytes: memory.map((one) => megabytes(one.browser)),
    nodeGrowth: Math.round(((memory.at(-1)?.node ?? 0) / (memory[1]?.node ?? 1) - 1) * 100) / 100,
    seconds: Math.round((performance.now() - start) / 1_000),
  };
}

// `npm run endurance -w @rcm/portal-drivers`: 500 tasks, the figures on stdout.
if (import.meta.main) process.stdout.write(`${JSON.stringify(await endure({ tasks: 500, atOnce: 3, killEvery: 100 }), null, 2)}\n`);
