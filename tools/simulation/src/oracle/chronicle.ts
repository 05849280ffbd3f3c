import { timeWords } from '../time/trace.ts';
import type { Happening } from '../environment/happening.ts';
import { type Instant, instantWords } from '../environment/instant.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';

/** Passwords by the order in which they were first seen: P1, P2, …; a reader tells them apart more easily. */
class Names {
  readonly #names = new Map<string, string>();

  of(password: string | null): string {
    if (password === null) return 'nothing';
    const name = this.#names.get(password) ?? `P${this.#names.size + 1}`;
    this.#names.set(password, name);
    return name;
  }
}

/** What portals and stores wrote down, what happened to the environment and to its processes, each in a sentence, in order. */
export function chronicle(environment: SimulatedEnvironment): string[] {
  const names = new Names();
  const told: { readonly at: number; readonly order: number; readonly words: string }[] = [];
  const tell = (at: number, words: string): void => void told.push({ at, order: told.length, words });
  for (const [number, { at, ...happening }] of environment.plan.happenings.entries())
    tell(environment.troubleEndsAt - environment.plan.troubleMs + at, happeningWords(happening, number));
  for (const { at, path, act, by, process, text, store } of environment.storeRecord) {
    const password = text === null ? null : (JSON.parse(text) as { readonly password?: string }).password;
    const login = path.split('/')[4] ?? path;
    const what =
      act === 'current'
        ? `makes ${names.of(password ?? null)} current`
        : act === 'staged'
          ? `stages ${names.of(password ?? null)}`
          : act === 'removed'
            ? 'removes the secret'
            : 'removes a copy';
    tell(at, `${process === 'nobody' ? `a ${by}` : process} ${what} (${login}, ${store}).`);
  }
  for (const [realm, { record }] of environment.portals)
    for (const { at, username, act, process, ended, password, counted } of record) {
      const whose = `${username} at ${realm}`;
      if (act === 'login') tell(at, `${process} logs in as ${whose} with ${names.of(password)}: ${ended}${counted ? ', which counts' : ''}.`);
      else if (act === 'change') tell(at, `${process} asks for ${names.of(password)} as the password of ${whose}: ${ended}${counted ? ', which counts' : ''}.`);
      else if (act === 'change made') tell(at, `The portal now makes the change of ${whose} to ${names.of(password)}.`);
      else if (act === 'set by hand') tell(at, `A person sets ${names.of(password)} as the password of ${whose}.`);
      else if (act === 'support') tell(at, `Support unlocks ${whose}.`);
      else tell(at, `The portal locks ${whose}.`);
    }
  for (const { at, who, what } of environment.trace.entries) if (NOTED.test(what) && who !== 'the environment') tell(at, `${who} ${what}.`);
  return told.sort((a, b) => a.at - b.at || a.order - b.order).map(({ at, words }) => `${timeWords(at)} ${words}`);
}

/** Faults, and what a person was told no. */
const NOTED = /^(dies|stops|request lost|answer lost|takes|forgets|saves|puts into|sets up|visit of|a person |unlocked|resolve)/;

function happeningWords({ kind, ...facts }: Omit<Happening, 'at'>, number: number): string {
  const details = Object.entries<number | string | boolean | Instant>(facts).map(
    ([name, value]) =>
      `${name} ${typeof value === 'number' && name.endsWith('Ms') ? `${Math.round(value / 60_000)} min` : typeof value === 'object' ? instantWords(value) : String(value)}`,
  );
  return `[${number}] ${kind}${details.length > 0 ? `: ${details.join(', ')}` : ''}.`;
}
