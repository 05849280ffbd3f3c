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
  return {
    ...(org === undefined ? {} : { orgId: org }),
    ...(portalType === undefined ? {} : { portalType }),
    ...(endpoint === undefined ? {} : { endpointId: endpoint }),
    ...(limit === undefined ? {} : { limit: countOf('--limit', limit) }),
  };
}

/** Fails with `input_invalid`. */
export function countOf(option: string, text: string, most = 999_999_999): number {
  if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text);
  throw new RcmError('input_invalid', `${option} is a count of endpoints, from 1 to ${most}. Nothing was changed.`);
}

export interface Resumed {
  readonly resume?: string | undefined;
}

export const resumed = (command: Command): Command => command.option('--resume <run>', 'go on with the run of this id (`runs`) that did not come to its end');

/** That run's filters are the only ones. Fails with `input_invalid`. */
export function resumeOf({ resume, ...options }: Resumed & Filtered): number | undefined {
  if (resume === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(resume)) throw new RcmError('input_invalid', '--resume is the id of a run, as `runs` lists it. Nothing was changed.');
  if (Object.keys(filterOf(options)).length > 0)
    throw new RcmError('input_invalid', '--resume goes on with the endpoints of that run; no other filter can be given. Nothing was changed.');
  return Number(resume);
}
