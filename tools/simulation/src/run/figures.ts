import type { FindingKind } from '../oracle/finding.ts';
import type { SeedSummary } from './messages.ts';

/** What `--json` prints. Each kind counts what nothing explains; `explained` has the others. */
export interface Figures {
  seeds: number;
  rotations: number;
  logins: number;
  virtualDays: number;
  lost: number;
  locked: number;
  stuck: number;
  outages: number;
  staleWins: number;
  overBudget: number;
  rash: number;
  wrongTenant: number;
  broken: number;
  readonly explained: { stuck: number; outages: number; staleWins: number };
}

type Counted = Exclude<keyof Figures, 'explained'>;

const COUNTED: Readonly<Record<FindingKind, Counted>> = {
  lost: 'lost',
  locked: 'locked',
  stuck: 'stuck',
  outage: 'outages',
  'stale win': 'staleWins',
  'over budget': 'overBudget',
  rash: 'rash',
  'wrong tenant': 'wrongTenant',
  broken: 'broken',
};

export const noFigures = (): Figures => ({
  ...{
    seeds: 0,
    rotations: 0,
    logins: 0,
    virtualDays: 0,
    lost: 0,
    locked: 0,
    stuck: 0,
    outages: 0,
    staleWins: 0,
    overBudget: 0,
    rash: 0,
    wrongTenant: 0,
    broken: 0,
  },
  explained: { stuck: 0, outages: 0, staleWins: 0 },
});

/** Adds one seed. */
export function addSeed(figures: Figures, { rotations, logins, virtualDays, findings }: SeedSummary): void {
  figures.seeds += 1;
  figures.rotations += rotations;
  figures.logins += logins;
  figures.virtualDays += virtualDays;
  for (const { kind, excuse } of findings) {
    const name = COUNTED[kind];
    if (excuse === undefined) figures[name] += 1;
    else if (name === 'stuck' || name === 'outages' || name === 'staleWins') figures.explained[name] += 1;
    else throw new Error(`Nothing explains what is ${kind}.`);
  }
}

/** Whether a seed shows that something is wrong. */
export const hasFailed = ({ findings }: Pick<SeedSummary, 'findings'>): boolean => findings.some(({ excuse }) => excuse === undefined);
