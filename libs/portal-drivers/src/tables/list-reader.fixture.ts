import { type BrowserPool, createRecipeDriver, parseRecipe, type PortalSession, type TaskOutcome } from '../index.ts';
import type { GeneratedList } from './generated-list.fixture.ts';
import type { ListServer } from './list-server.fixture.ts';

export interface ListReaderOptions {
  readonly server: ListServer;
  readonly browser: BrowserPool;
  readonly lists: readonly GeneratedList[];
  /** Milliseconds for each step. */
  readonly stepDeadlineMs: number;
}

/** Reads lists by a recipe that has a task for each, in one session for as long as its answers are clear. */
export class ListReader {
  readonly #options: ListReaderOptions;
  #session: PortalSession | null = null;

  constructor(options: ListReaderOptions) {
    this.#options = options;
  }

  async read(seed: number): Promise<TaskOutcome> {
    this.#session ??= await this.#open();
    const outcome = await this.#session.runTask({ name: taskOf(seed), input: {}, deadlineMs: 600_000, signal: new AbortController().signal });
    // What ended unclear is used no more.
    if (outcome.kind !== 'found') await this.close();
    return outcome;
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = null;
  }

  #open(): Promise<PortalSession> {
    const { server, browser, lists, stepDeadlineMs } = this.#options;
    const task = ({ seed, recipe }: GeneratedList) => ({
      steps: [{ open: `/lists/${seed}/0`, deadline_ms: 60_000 }],
      outcomes: [
        { when: { text: 'Nothing to be seen here.' }, is: 'nothing_found' },
        { when: { visible: { css: '#list .row' } }, is: 'found' },
      ],
      rows: recipe,
    });
    const recipe = parseRecipe({
      version: 1,
      name: 'lists',
      step_deadline_ms: stepDeadlineMs,
      login: {
        outcomes: [
          { when: { text: 'Wrong' }, is: 'rejected' },
          { when: { text: 'Welcome' }, is: 'accepted' },
        ],
      },
      tasks: Object.fromEntries(lists.map((list) => [taskOf(list.seed), task(list)])),
    });
    const driver = createRecipeDriver({ recipe, hosts: [{ host: server.host, address: 'loopback' }], browser });
    return driver.openSession({ baseUrl: server.origin, signal: new AbortController().signal });
  }
}

const taskOf = (seed: number): string => `list_${seed}`;
