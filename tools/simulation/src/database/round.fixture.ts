import { expect } from 'vitest';
import type { Random } from '../time/random.ts';
import type { BothDatabases, Name, Pair, Place } from './both-databases.fixture.ts';

const MINUTE_MS = 60_000;

export interface LeasePair extends Pair {
  readonly kind: 'shared' | 'exclusive';
  readonly place: Place;
  readonly fence: { readonly real: bigint; readonly model: bigint };
}

/** One round: its rows, and what was asked of them and told so far. */
export class Round {
  readonly both: BothDatabases;
  readonly random: Random;
  readonly places: Place[];
  readonly canary: boolean;
  readonly leases: LeasePair[] = [];
  readonly logins: (Pair & { readonly place: Place })[] = [];
  request: { readonly real: string; readonly model: string } | null = null;
  readonly attempts: { readonly id: string; readonly place: Place }[] = [];
  readonly #told: string[] = [];

  constructor(both: BothDatabases, random: Random, places: readonly Place[], canary: boolean) {
    this.both = both;
    this.random = random;
    this.places = [...places];
    this.canary = canary;
  }

  async ask(name: Name, given: (side: 'real' | 'model', now: number) => unknown): Promise<{ readonly real: never; readonly model: never }> {
    const answers = await this.both.ask(name, given);
    if (name === 'listCopiesToRemove') for (const list of [answers.real, answers.model]) (list as { id: string }[]).sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#told.push(`${name} ${text(given('model', 0))} -> ${text(answers.model)}`);
    this.#pair(answers.real, answers.model);
    const difference = this.both.differs(answers.real, answers.model);
    if (difference !== null) expect.fail(`${name}${difference}\n${text(answers.real)}\n${text(answers.model)}\n${this.#told.slice(-40).join('\n')}`);
    return answers as { readonly real: never; readonly model: never };
  }

  async pass(ms: number): Promise<void> {
    this.#told.push(`${Math.round(ms / MINUTE_MS)} minutes pass`);
    await this.both.pass(ms);
    if (!this.random.chance(0.3)) return;
    const aheadMs = this.random.pick([0, 0, 47, -47, -300, -3_000]) * MINUTE_MS;
    this.#told.push(`the clock of whoever asks is set ${aheadMs / MINUTE_MS} minutes ahead`);
    this.both.setAskersClock(aheadMs);
  }

  /** Ids that each side makes up by itself. */
  #pair(one: unknown, other: unknown): void {
    const idOf = (answer: unknown): string | undefined => {
      const made = answer as { lease?: { id: string }; loginAttemptId?: string; requestId?: string; created?: unknown } | null;
      return made?.lease?.id ?? made?.loginAttemptId ?? made?.requestId;
    };
    const [x, y] = [idOf(one), idOf(other)];
    if (x !== undefined && y !== undefined) this.both.pairs.push({ real: x, model: y });
  }
}

/** What is the same in every line is left out. */
const PLAIN: ReadonlySet<string> = new Set(['loginIdentity', 'secretArn', 'portalTypeCode', 'portalType']);
const text = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) => (PLAIN.has(key) ? undefined : typeof part === 'bigint' ? String(part) : part)) ?? 'nothing';
