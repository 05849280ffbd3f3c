import { isRcmError, readConfig, systemClock } from '@rcm/telemetry';
import { z } from 'zod';
import { checkInbound, gatewaysOf, inboundEnvironment } from '../http/inbound/environment.ts';
import { mailboxEnvironment } from './environment.ts';
import { failureOf, type MailboxFailure } from './mailbox-failure.ts';
import { MailSession, readSecret } from './mail-session.ts';
import type { Mailbox } from './mailbox.ts';
import { checkMailboxes, mailboxesOf } from './passwords.ts';

/** What one look found. `todo: null`: it is well. */
export interface ExaminedInbound {
  readonly check: string;
  readonly says: string;
  readonly todo: string | null;
  readonly isConfiguration?: true;
}

const schema = z
  .object({ ...inboundEnvironment, ...mailboxEnvironment, RCM_API_ISSUER: z.string().optional() })
  .superRefine(checkInbound)
  .superRefine(checkMailboxes);

const WORDS: Readonly<Record<MailboxFailure, readonly [says: string, todo: string]>> = {
  refused: ['its server does not let the user in', 'put the password or the token right where it lies; web-agents read the file anew'],
  no_secret: ['the file of its password or token cannot be read here', 'see whether the file is there, and readable'],
  damaged_secret: ['what the file of its password or token holds is not UTF-8', 'write it as UTF-8; web-agents read the file anew'],
  not_private: [
    'its server’s certificate is not good, or it has no TLS',
    'give the CA that has signed it, or have the server mended: nothing is read without TLS',
  ],
  no_folder: ['there is no such folder', 'name the folder as the server has it'],
  unreachable: ['its server is not reached, or does not answer', 'see whether the server runs and is reached from here'],
  database: ['the database does not answer', 'see whether Postgres runs'],
};

/** What is said of a gateway whose signature needs no key of ours. */
const GATEWAYS: Readonly<Record<string, string>> = { sns: 'its topics are named; whether they are subscribed, a message shows' };

/**
 * The mailboxes and gateways of codes that this environment names; none: it names none. Signs in to each mailbox once, opens its folder and reads nothing. Of a gateway only a message shows whether its key is right.
 * Never rejects for what it finds.
 */
export async function examineInbound(environment: NodeJS.ProcessEnv): Promise<readonly ExaminedInbound[]> {
  let config: z.infer<typeof schema>;
  try {
    config = readConfig(schema, environment);
  } catch (error) {
    if (!isRcmError(error)) throw error;
    return [{ check: 'codes by message', says: error.message, todo: 'put the configuration right (docs/configuration.md)', isConfiguration: true }];
  }
  const found: ExaminedInbound[] = [];
  for (const name of gatewaysOf(config).keys())
    found.push({ check: `gateway ${name}`, says: GATEWAYS[name] ?? 'its key is set; whether it is the right one, a message shows', todo: null });
  // One after the other: many may lie at one server.
  for (const mailbox of mailboxesOf(config)) found.push({ check: `mailbox ${mailbox.name}`, ...(await examine(mailbox)) });
  return found;
}

async function examine(mailbox: Mailbox): Promise<Pick<ExaminedInbound, 'says' | 'todo'>> {
  try {
    const session = await MailSession.open(mailbox, await readSecret(mailbox), systemClock);
    await session.close();
    return { says: 'its server lets us in, and has the folder', todo: null };
  } catch (error) {
    const [says, todo] = WORDS[failureOf(error)];
    return { says, todo };
  }
}
