import type { ByPeople } from './by-people.ts';

/** What a run reached, in the shape that `--json` prints. Counts are states, not acts of this run. */
export interface Figures {
  readonly endpoints: number;
  readonly migrated: number;
  readonly verified: number;
  readonly scrubbed: number;
  readonly tasks: { readonly succeeded: number; readonly failed: number; readonly failedForCredentials: number; readonly duringRotation: number };
  readonly rotations: { readonly done: number; readonly abandoned: number; readonly blocked: number };
  readonly portal: {
    readonly loginsAccepted: number;
    readonly loginsRejected: number;
    readonly accountsLocked: number;
    readonly passwordsChanged: number;
    readonly acceptsStored: number;
  };
  readonly secretsSearched: number;
  readonly plaintextHitsBeforeScrub: number;
  readonly plaintextHits: number;
  readonly durationMs: number;
}

/** What the figures are judged by. */
export interface Expected {
  readonly endpoints: number;
  /** Secrets that lay in Postgres before the scrub. */
  readonly seededSecrets: number;
  /** Rotations that a killed run left open: each may have cost one wrong login, or been given up and begun again. */
  readonly interruptedRotations: number;
  /** Logins that this run found due for their first rotation: one that was killed may have left none. */
  readonly rotationsAsked: number;
  /** What is there, or was refused, because people did it. */
  readonly byPeople: ByPeople;
}

/** Every figure that is not as it should be, one sentence each; none where all is well. */
export function wrongFigures(figures: Figures, expected: Expected): string[] {
  const n = expected.endpoints;
  const all = n + expected.byPeople.endpoints;
  const { tasks, rotations, portal } = figures;
  const wrong: string[] = [];
  const want = (holds: boolean, sentence: string) => {
    if (!holds) wrong.push(sentence);
  };
  const exactly = (name: string, value: number, wanted: number) => want(value === wanted, `${name} is ${value}, not ${wanted}.`);
  const atLeast = (name: string, value: number, least: number) => want(value >= least, `${name} is ${value}, less than ${least}.`);
  const atMost = (name: string, value: number, most: number) => want(value <= most, `${name} is ${value}, more than ${most}.`);

  exactly('endpoints', figures.endpoints, all);
  exactly('migrated', figures.migrated, all);
  exactly('verified', figures.verified, all);
  exactly('scrubbed', figures.scrubbed, all);
  atLeast('tasks.succeeded', tasks.succeeded, 2 * n);
  exactly('tasks.failed', tasks.failed, 0);
  exactly('tasks.failedForCredentials', tasks.failedForCredentials, 0);
  atLeast('tasks.duringRotation', tasks.duringRotation, Math.min(1, expected.rotationsAsked));
  atLeast('rotations.done', rotations.done, n);
  atMost('rotations.abandoned', rotations.abandoned, expected.interruptedRotations);
  exactly('rotations.blocked', rotations.blocked, 0);
  // More than n only where a kept folder was used again after the logins had become due once more.
  want(portal.passwordsChanged === rotations.done, `portal.passwordsChanged is ${portal.passwordsChanged}, but rotations.done is ${rotations.done}.`);
  exactly('portal.acceptsStored', portal.acceptsStored, n);
  atMost('portal.loginsRejected', portal.loginsRejected, expected.interruptedRotations + expected.byPeople.refused);
  exactly('portal.accountsLocked', portal.accountsLocked, 0);
  atLeast('portal.loginsAccepted', portal.loginsAccepted, n);
  atLeast('secretsSearched', figures.secretsSearched, expected.seededSecrets + n);
  atLeast('plaintextHitsBeforeScrub', figures.plaintextHitsBeforeScrub, expected.seededSecrets);
  exactly('plaintextHits', figures.plaintextHits, 0);
  return wrong;
}
