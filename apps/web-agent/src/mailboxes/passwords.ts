import { Secret } from '@rcm/telemetry';
import { z } from 'zod';
import type { Mailbox, NamedMailbox } from './mailbox.ts';

const passwordsSchema = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9-]{0,29}$/),
  z.string('must be text').regex(/^[^\p{Cc}]{1,1024}$/u, 'must be 1 to 1024 printable characters'),
  'must be an object of passwords by the names of mailboxes',
);

/** Reads `{"NAME": "password"}`. Reports what is wrong by its place, and repeats no value: each is a secret. */
export function readMailboxPasswords(text: string, context: z.core.$RefinementCtx): ReadonlyMap<string, Secret<string>> {
  const parsed = passwordsSchema.safeParse(jsonOf(text));
  if (parsed.success) return new Map(Object.entries(parsed.data).map(([name, password]) => [name, new Secret(password)]));
  for (const { path, message, code } of parsed.error.issues)
    context.addIssue({ code: 'custom', message: `${path.length === 0 ? 'the file' : path.join(' → ')}: ${code === 'invalid_key' ? 'is no name' : message}` });
  return z.NEVER;
}

interface MailboxConfig {
  readonly RCM_INBOUND_MAILBOXES?: readonly NamedMailbox[] | undefined;
  readonly RCM_INBOUND_MAILBOX_PASSWORDS?: ReadonlyMap<string, Secret<string>> | undefined;
}

/** Adds a problem for a mailbox that has no secret, or two, and for a password of none: what is misspelt is not left unread. */
export function checkMailboxes(config: MailboxConfig, context: z.core.$RefinementCtx): void {
  const { RCM_INBOUND_MAILBOXES: mailboxes = [], RCM_INBOUND_MAILBOX_PASSWORDS: passwords = new Map<string, Secret<string>>() } = config;
  const report = (name: keyof MailboxConfig, message: string): void => void context.addIssue({ code: 'custom', path: [name], message });
  for (const { name, secret } of mailboxes) {
    if (secret === null && !passwords.has(name))
      report('RCM_INBOUND_MAILBOXES', `${name}: has neither password_file nor token_file, nor a password in RCM_INBOUND_MAILBOX_PASSWORDS`);
    if (secret !== null && passwords.has(name)) report('RCM_INBOUND_MAILBOX_PASSWORDS', `${name}: has a file in RCM_INBOUND_MAILBOXES; one of the two`);
  }
  for (const name of passwords.keys())
    if (!mailboxes.some((mailbox) => mailbox.name === name)) report('RCM_INBOUND_MAILBOX_PASSWORDS', `${name}: is no mailbox of RCM_INBOUND_MAILBOXES`);
}

/** The mailboxes, each with where its secret lies; `checkMailboxes` has found each to have one. */
export function mailboxesOf({ RCM_INBOUND_MAILBOXES: mailboxes = [], RCM_INBOUND_MAILBOX_PASSWORDS: passwords }: MailboxConfig): readonly Mailbox[] {
  return mailboxes.flatMap((mailbox): Mailbox[] => {
    const given = passwords?.get(mailbox.name);
    const secret = mailbox.secret ?? (given && { kind: 'password' as const, given });
    return secret ? [{ ...mailbox, secret }] : [];
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says quotes the text.
    return undefined;
  }
}
