import { type FleetFigures, fleetFigures } from '@rcm/db/fleet';
import type { MetricName, Metrics } from '@rcm/telemetry';
import type { Rotator } from '../../rotator.ts';
import type { Chore } from '../service.ts';

/** As often as CloudWatch and Prometheus look. */
const BOOKS_EVERY_MS = 60_000;

/** What the books say of all logins, as gauges; how old that is says whether the database was reached. */
export function countBooks({ db, breaker }: Pick<Rotator, 'db' | 'breaker'>, metrics: Metrics, now: () => number = () => performance.now()): Chore {
  let countedAt = now();
  metrics.watched('rcm_books_age_seconds', (gauge) => gauge.set((now() - countedAt) / 1000));
  return {
    name: 'what the books say',
    everyMs: BOOKS_EVERY_MS,
    async round() {
      const figures = await fleetFigures(db, breaker);
      for (const [figure, name] of BOOKS) metrics.gauge(name).set(figures[figure]);
      countedAt = now();
    },
  };
}

const BOOKS = [
  ['knownBad', 'rcm_logins_known_bad'],
  ['locked', 'rcm_logins_locked'],
  ['overdue', 'rcm_logins_overdue'],
  ['expiring', 'rcm_logins_expiring'],
  ['rotationsBlocked', 'rcm_rotations_blocked'],
  ['rotationsOpen', 'rcm_rotations_open'],
  ['portalsStopped', 'rcm_portal_types_stopped'],
  ['portalsRefusing', 'rcm_portal_types_ill'],
] as const satisfies readonly (readonly [keyof FleetFigures, MetricName<'gauge'>])[];
