import { signedInPerson } from '@rcm/credentials';
import { RcmError } from '@rcm/telemetry';
import type { Person } from './onboarding/add.ts';

export interface PersonOptions {
  readonly reason?: string;
  readonly actor?: string;
}

/** Who signed in, and why; what they call themselves stands beside it. Fails with `input_invalid` where no reason is given. */
export async function personOf({ reason = '', actor }: PersonOptions, environment: NodeJS.ProcessEnv): Promise<Person> {
  if (reason.trim() === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was done.');
  const region = environment['RCM_AWS_REGION'];
  return {
    actor: await signedInPerson({ aws: region ? { region, endpoint: environment['RCM_AWS_ENDPOINT'] } : null, claimed: actor }),
    reason: reason.trim(),
  };
}
