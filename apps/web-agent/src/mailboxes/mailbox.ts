import { X509Certificate } from 'node:crypto';
import type { Secret } from '@rcm/telemetry';
import { z } from 'zod';

/** Where the secret that a user signs in with lies: in a file, which is read anew for each connection, or in what the process was started with. */
type MailboxSecret = { readonly kind: 'password' | 'token'; readonly file: string } | { readonly kind: 'password'; readonly given: Secret<string> };

/** A mailbox that is read, as the deployment says. */
export interface Mailbox {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first byte. `starttls`: the connection becomes TLS before anything is said, or is given up. */
  readonly tls: 'implicit' | 'starttls';
  readonly user: string;
  /** What the user signs in with: a password, or an OAuth 2 access token. */
  readonly secret: MailboxSecret;
  readonly folder: string;
  /** By which name the receiving server says, in `Authentication-Results`, what it found of a mail's sender (RFC 8601). */
  readonly authservId: string;
  /** What becomes of a mail that was looked at: `keep` leaves it as it is. */
  readonly afterwards: 'keep' | 'mark' | 'delete';
  /** Certificate (PEM) of the CA that has signed the server's. Default: those that Node knows. */
  readonly ca: string | undefined;
}

/** As it is named, before its password is put to it: without a file, that is in `RCM_INBOUND_MAILBOX_PASSWORDS`. */
export interface NamedMailbox extends Omit<Mailbox, 'secret'> {
  readonly secret: { readonly kind: 'password' | 'token'; readonly file: string } | null;
}

/** More of them would be connections that nobody watches. */
const MOST = 50;
const PRINTABLE = /^[^\p{Cc}]{1,254}$/u;
const host = z.string('must be text').regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/, 'must be a host’s name or IPv4 address');
const printable = z.string('must be text').regex(PRINTABLE, 'must be 1 to 254 printable characters');
const file = z.string('must be text').min(1, 'must name a file');

const mailboxSchema = z
  .strictObject({
    host,
    port: z.int('must be a port').min(1, 'must be a port').max(65_535, 'must be a port').optional(),
    tls: z.enum(['implicit', 'starttls'], 'must be implicit or starttls: a mailbox is not read without TLS').default('implicit'),
    user: printable,
    password_file: file.optional(),
    token_file: file.optional(),
    folder: printable.default('INBOX'),
    authserv_id: host,
    afterwards: z.enum(['keep', 'mark', 'delete'], 'must be keep, mark or delete').default('mark'),
    ca: z.string('must be text').refine(isCertificate, 'must be a certificate (PEM)').optional(),
  })
  .refine((mailbox) => mailbox.password_file === undefined || mailbox.token_file === undefined, {
    path: ['password_file'],
    error: 'or token_file is set, not both',
  });

const mailboxesSchema = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,29}$/), mailboxSchema, 'must be an object of mailboxes by their names')
  .refine((named) => Object.keys(named).length <= MOST, `may name ${MOST} mailboxes`);

/** Reads `{"NAME": {"host", "user", "password_file", "authserv_id", …}}`. Reports what is wrong by its place, and repeats no value. */
export function readMailboxes(text: string, context: z.core.$RefinementCtx): readonly NamedMailbox[] {
  const parsed = mailboxesSchema.safeParse(jsonOf(text));
  if (parsed.success) return Object.entries(parsed.data).map(([name, said]) => mailboxOf(name, said));
  for (const { path, message, code } of parsed.error.issues)
    context.addIssue({ code: 'custom', message: `${path.length === 0 ? 'the file' : path.join(' → ')}: ${code === 'invalid_key' ? 'is no name' : message}` });
  return z.NEVER;
}

function mailboxOf(name: string, said: z.infer<typeof mailboxSchema>): NamedMailbox {
  const { host: server, port, tls, user, folder, authserv_id: authservId, afterwards, ca } = said;
  const path = said.token_file ?? said.password_file;
  const secret = path === undefined ? null : { kind: said.token_file === undefined ? ('password' as const) : ('token' as const), file: path };
  return { name, host: server, port: port ?? (tls === 'implicit' ? 993 : 143), tls, user, secret, folder, authservId, afterwards, ca };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says quotes the text.
    return undefined;
  }
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}
