import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationEnvironment } from '../migration-environment.ts';
import { startMigrator } from '../migrator-process.ts';
import type { People } from './people.ts';

export interface Told {
  readonly code: number | null;
  /** Endpoints that it named, and by which code. */
  readonly failed: readonly { readonly endpointId: string; readonly code: string }[];
  readonly died: boolean;
}

export interface Death {
  /** After so many endpoints have ended. */
  readonly afterEnded: number;
  /** And then so many milliseconds. */
  readonly thenMs: number;
}

export interface OperatorOptions {
  readonly testEnvironment: MigrationEnvironment;
  readonly program: readonly string[];
  readonly people: People;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const EDIT_EVERY_MS = 1_500;

/** Somebody who gives one command after the other, whose processes die, and who starts them again. People go on editing meanwhile. */
export class Operator {
  readonly #options: OperatorOptions;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** Starts a command. `death`: when its process is killed; it may be done before. */
  async gives(
    args: readonly string[],
    { death, people = 'at work' }: { readonly death?: Death | undefined; readonly people?: 'at work' | 'at home' } = {},
  ): Promise<Told> {
    const { testEnvironment, program, people: editors, random, signal } = this.#options;
    const { child, ended } = startMigrator({ program, args: [...args, '--json-lines'], environment: testEnvironment.environment, signal });
    const over = new AbortController();
    let lines = 0;
    let reached = (): void => {};
    const far = new Promise<void>((resolve) => void (reached = resolve));
    child.stdout.on('data', (text: string) => {
      lines += text.split('\n').length - 1;
      if (death && lines >= death.afterEnded) reached();
    });
    if (death?.afterEnded === 0) reached();
    const kill =
      death &&
      far
        .then(() => sleep(death.thenMs, null, { signal: over.signal }))
        .then(
          () => child.kill('SIGKILL'),
          () => false,
        );
    const edits = people === 'at work' ? this.#edits(editors, random, over.signal) : null;
    const end = await ended;
    over.abort();
    reached();
    await Promise.all([kill, edits]);
    await editors.done();
    const died = child.signalCode === 'SIGKILL';
    return { code: end.code, died, failed: died ? [] : failedIn(end.stdout) };
  }

  async #edits(people: People, random: () => number, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await sleep(random() * 2 * EDIT_EVERY_MS, null, { signal: over }).catch(() => null);
      if (!over.aborted) people.edit();
    }
  }
}

/** From the last line, the object of the whole command. */
function failedIn(stdout: string): Told['failed'] {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  const { failed, error } = JSON.parse(last === '' ? '{}' : last) as { failed?: Told['failed']; error?: { code: string; message: string } };
  if (error) throw new Error(`the migrator did not begin: ${error.code}: ${error.message}`);
  return failed ?? [];
}
