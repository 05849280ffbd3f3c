import type { Metrics } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import type { NotificationChannel } from '../notifications/channel.ts';
import type { Rotator } from '../rotator.ts';
import { countBooks } from './chores/books.ts';
import { mendingChores } from './chores/mending.ts';
import { choresForPeople } from './chores/people.ts';
import { tellingChores } from './chores/telling.ts';
import { upkeepChores } from './chores/upkeep.ts';
import type { Chore } from './service.ts';

export interface ChoreDependencies {
  readonly rotator: Rotator;
  readonly channels: readonly NotificationChannel[];
  readonly metrics: Metrics;
}

/** What a rotator does beside rotating: sees what people changed, mends logins that were refused, tells people, sends what was told. Once for each process. */
export const rotatorChores = ({ rotator, channels, metrics }: ChoreDependencies, config: RotatorConfig): readonly Chore[] => [
  ...choresForPeople(rotator, channels, config),
  ...mendingChores(rotator, metrics, config),
  countBooks(rotator, metrics),
  ...upkeepChores(rotator, metrics, config),
  ...tellingChores(rotator, channels, config),
];
