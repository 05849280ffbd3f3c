import { actorIssuer, signedInPerson } from '@rcm/credentials';
import { RcmError } from '@rcm/telemetry';
import type { Command } from 'commander';
import type { PersonalAct } from './commands/rollback.ts';
import type { MigratorConfig } from './config.ts';

/** Options of whatever a person answers for. */
export interface Person {
  readonly reason?: string;
  readonly actor?: string;
}

export const person = (command: Command): Command =>
  command.option('--reason <text>', 'why, for the audit trail').option('--actor <name>', 'what you call yourself, beside who signed in');

/** Who asks, and why; known once the configuration is read. Whatever `--actor` says stands beside who signed in. Fails at once with `input_invalid` without a reason. */
export function personalAct({ reason = '', actor: claimed }: Person): (config: MigratorConfig) => Promise<PersonalAct> {
  const why = reason.trim();
  if (why === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was changed.');
  return async (config) => {
    const { RCM_AWS_REGION: region, RCM_AWS_ENDPOINT: endpoint } = config;
    return { actor: await signedInPerson({ issuer: actorIssuer(config), aws: region === undefined ? null : { region, endpoint }, claimed }), reason: why };
  };
}
