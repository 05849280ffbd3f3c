import { actorEnvironment, actorIssuer, checkActor, signedInPerson } from '@rcm/credentials';
import { readConfig, RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { Person } from './onboarding/add.ts';

export interface PersonOptions {
  readonly reason?: string;
  readonly actor?: string;
}

const schema = z
  .object({ ...actorEnvironment, RCM_AWS_REGION: z.string().min(1).optional(), RCM_AWS_ENDPOINT: z.string().min(1).optional() })
  .superRefine(checkActor);

/** Who signed in, and why; what they call themselves stands beside it. Fails with `input_invalid` where no reason is given, and as `signedInPerson` does. */
export async function personOf({ reason = '', actor }: PersonOptions, environment: NodeJS.ProcessEnv): Promise<Person> {
  if (reason.trim() === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was done.');
  const config = readConfig(schema, environment);
  const { RCM_AWS_REGION: region, RCM_AWS_ENDPOINT: endpoint } = config;
  return {
    actor: await signedInPerson({ issuer: actorIssuer(config), aws: region === undefined ? null : { region, endpoint }, claimed: actor }),
    reason: reason.trim(),
  };
}
