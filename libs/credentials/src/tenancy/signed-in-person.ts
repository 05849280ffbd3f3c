import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { hostname, userInfo } from 'node:os';
import { hasCode, RcmError, withDeadline } from '@rcm/telemetry';
import { type AwsAccess, clientOptions } from '../stores/aws-client.ts';
import type { DeviceIssuer } from './device-sign-in.ts';

/** For STS to say who this is, in ms: a person waits for it. */
const ASK_MS = 5_000;
const LONGEST_CLAIM = 100;

export interface SignedIn {
  /** Where people sign in; `null` or left out: no issuer is configured, and nobody is asked to. */
  readonly issuer?: DeviceIssuer | null;
  /** Where STS is asked whose credentials this process holds; `null`: secrets do not lie in AWS. */
  readonly aws: AwsAccess | null;
  /** What the person calls themselves. It is written down beside who they are, and believed of nothing. */
  readonly claimed?: string | undefined;
  /** What the person reads while they sign in. Default: stderr. */
  readonly say?: (line: string) => void;
}

/**
 * The person behind a command, as audit events name them: `person:oidc:ISSUER#SUBJECT`, who signed in for this command where an issuer is configured; else
 * `person:sts:ARN`, what AWS says of the credentials in use; else `person:os:USER@HOST`, the account of the operating system; with ` says NAME` behind it
 * where they gave a name. An issuer or a STS that does not answer is no reason to stop somebody who pauses rotations: then it is the next one's word, and
 * the actor shows whose. Fails with `input_invalid` for a name that cannot be read, and where somebody did not sign in.
 *
 * @example
 * ```ts
 * const config = z.object({ ...credentialsEnvironment, ...actorEnvironment }).superRefine(checkStores).superRefine(checkActor).parse(process.env);
 * const { RCM_AWS_REGION: region, RCM_AWS_ENDPOINT: endpoint } = config;
 * const actor = await signedInPerson({ issuer: actorIssuer(config), aws: region === undefined ? null : { region, endpoint }, claimed: 'Ada' });
 * ```
 */
export async function signedInPerson({ issuer = null, aws, claimed, say = toStderr }: SignedIn): Promise<string> {
  const says = claimed === undefined ? '' : ` says ${readable(claimed)}`;
  const subject = issuer === null ? null : await signedIn(issuer, say);
  if (subject !== null) return `person:oidc:${subject}${says}`;
  const arn = aws === null ? null : await callerArn(aws).catch(() => null);
  return `person:${arn === null ? `os:${osUser()}` : `sts:${arn}`}${says}`;
}

async function signedIn(issuer: DeviceIssuer, say: (line: string) => void): Promise<string | null> {
  // Loaded by whoever signs in, and by no process that runs.
  const { signInByDevice } = await import('./device-sign-in.ts');
  try {
    return await signInByDevice({ ...issuer, say });
  } catch (error) {
    if (!hasCode(error, 'identity_unavailable')) throw error;
    say(`${error.message} Who this is, is said by AWS or the operating system instead, and the audit trail shows that.`);
    return null;
  }
}

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * The account that the operating system runs this process under.
 *
 * @example
 * ```ts
 * // For who asks by hand at a terminal, and does not sign in.
 * const requester = { kind: 'terminal', name: osUser() };
 * ```
 */
export const osUser = (): string => `${userInfo().username}@${hostname()}`.replace(/[^!-~]/g, '?');

async function callerArn(access: AwsAccess): Promise<string | null> {
  const client = new STSClient(clientOptions({ ...access, maxAttempts: 2 }));
  try {
    const { Arn } = await withDeadline({ ms: ASK_MS, what: 'Asking STS who this is' }, (abortSignal) =>
      client.send(new GetCallerIdentityCommand({}), { abortSignal }),
    );
    return Arn && /^[!-~]{1,400}$/.test(Arn) ? Arn : null;
  } finally {
    client.destroy();
  }
}

function readable(claimed: string): string {
  const name = claimed.trim();
  if (name !== '' && name.length <= LONGEST_CLAIM && name.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return name;
  throw new RcmError('input_invalid', `--actor must be a name of at most ${LONGEST_CLAIM} characters that can be seen. Nothing was changed.`);
}
