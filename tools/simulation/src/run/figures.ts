import type { FindingKind } from '../oracle/finding.ts';
import type { SeedSummary } from './messages.ts';

/** What `--json` prints. */
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
  wrongTenant: number;
}

const COUNTED: Readonly<Record<Exclude<FindingKind, 'broken'>, keyof Figures>> = {
  lost: 'lost',
  locked: 'locked',
  stuck: 'stuck',
  outage: 'outages',
  'stale win': 'staleWins',
  'over budget': 'overBudget',
  'wrong tenant': 'wrongTenant',
};

export const noFigures = (): Figures => ({
  ...{ seeds: 0, rotations: 0, logins: 0, virtualDays: 0, lost: 0, locked: 0, stuck: 0, outages: 0, staleWins: 0, overBudget: 0, wrongTenant: 0 },
});

/** Adds one seed. What could not have been done better is an outage that is explained, however long it lasted. */
export function addSeed(figures: Figures, { rotations, logins, virtualDays, findings }: SeedSummary): void {
  figures.seeds += 1;
  figures.rotations += rotations;
  figures.logins += logins;
  figures.virtualDays += virtualDays;
  for (const { kind, excuse } of findings) {
    if (kind === 'broken') continue;
    if (excuse === undefined || kind === 'outage') figures[COUNTED[kind]] += 1;
  }
}

/** Whether a seed shows that something is wrong. */
export const hasFailed = ({ findings }: Pick<SeedSummary, 'findings'>): boolean => findings.some(({ excuse }) => excuse === undefined);
