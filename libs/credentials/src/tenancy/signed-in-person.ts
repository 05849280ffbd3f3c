import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { hostname, userInfo } from 'node:os';
import { RcmError, withDeadline } from '@rcm/telemetry';
import { type AwsAccess, clientOptions } from '../stores/aws-client.ts';

/** For STS to say who this is, in ms: a person waits for it. */
const ASK_MS = 5_000;
const LONGEST_CLAIM = 100;

export interface SignedIn {
  /** Where STS is asked whose credentials this process holds; `null`: secrets do not lie in AWS. */
  readonly aws: AwsAccess | null;
  /** What the person calls themselves. It is written down beside who they are, and believed of nothing. */
  readonly claimed?: string | undefined;
}

/**
 * The person behind a command, as audit events name them: `person:sts:ARN`, what AWS says of the credentials in use, else `person:os:USER@HOST`,
 * the account of the operating system; with ` says NAME` behind it where they gave a name. A STS that does not answer is no reason to stop
 * somebody who pauses rotations: then it is the operating system's word. Fails with `input_invalid` for a name that cannot be read.
 */
export async function signedInPerson({ aws, claimed }: SignedIn): Promise<string> {
  const says = claimed === undefined ? '' : ` says ${readable(claimed)}`;
  const arn = aws === null ? null : await callerArn(aws).catch(() => null);
  return `person:${arn === null ? `os:${osUser()}` : `sts:${arn}`}${says}`;
}

/** The account that the operating system runs this process under. */
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
