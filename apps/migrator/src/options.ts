import type { Command } from 'commander';
import { RcmError } from '@rcm/telemetry';
import type { Filter } from './migration.ts';

/** Options that several commands have. */
export interface Mapped {
  readonly mappings?: string;
}

export const mapped = (command: Command): Command => command.option('--mappings <file>', 'what your own tables call things (docs/migration.md)');

export interface Filtered {
  readonly org?: string;
  readonly portalType?: string;
  readonly endpoint?: string;
  readonly limit?: string;
}

export const filtered = (command: Command): Command =>
  command
    .option('--org <id>', 'only endpoints of this organization')
    .option('--portal-type <code>', 'only endpoints of this portal type')
    .option('--endpoint <id>', 'only this endpoint')
    .option('--limit <count>', 'at most so many of those that are left to do');

export function filterOf({ org, portalType, endpoint, limit }: Filtered): Filter {
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new RcmError('input_invalid', '--limit is a count of endpoints, from 1. Nothing was changed.');
  return {
    ...(org === undefined ? {} : { orgId: org }),
    ...(portalType === undefined ? {} : { portalType }),
    ...(endpoint === undefined ? {} : { endpointId: endpoint }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  };
}
