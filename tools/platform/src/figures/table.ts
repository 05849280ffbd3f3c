import type { Figures } from './figures.ts';

/** The figures as a table for people: what was reached, and the number. */
export function figuresTable(figures: Figures): string {
  const { tasks, rotations, portal } = figures;
  const rows: readonly (readonly [string, string | number])[] = [
    ['endpoints', figures.endpoints],
    ['logins in the secret store (migrated)', figures.migrated],
    ['proved equal to what Postgres held (verified)', figures.verified],
    ['plaintext removed from Postgres (scrubbed)', figures.scrubbed],
    ['portal tasks done', tasks.succeeded],
    ['  of these while a rotation was open', tasks.duringRotation],
    ['portal tasks failed', tasks.failed],
    ['  of these for their login', tasks.failedForCredentials],
    ['rotations done', rotations.done],
    ['rotations given up, portal unchanged', rotations.abandoned],
    ['rotations that wait for a person', rotations.blocked],
    ['logins the portals accepted', portal.loginsAccepted],
    ['logins the portals rejected', portal.loginsRejected],
    ['accounts the portals locked', portal.accountsLocked],
    ['passwords the portals changed', portal.passwordsChanged],
    ['stored passwords the portals accept now', portal.acceptsStored],
    ['secrets searched for on the disk', figures.secretsSearched],
    ['found before the scrub (places)', figures.plaintextHitsBeforeScrub],
    ['found now (places)', figures.plaintextHits],
    ['seconds', (figures.durationMs / 1000).toFixed(1)],
  ];
  const left = Math.max(...rows.map(([name]) => name.length));
  const right = Math.max(...rows.map(([, value]) => String(value).length));
  const line = '-'.repeat(left + right + 2);
  return [line, ...rows.map(([name, value]) => `${name.padEnd(left)}  ${String(value).padStart(right)}`), line].join('\n');
}
