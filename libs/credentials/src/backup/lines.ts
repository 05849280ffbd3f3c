import { idSchema, RcmError, Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { parseReference } from '../reference.ts';
import type { BackedUpLogin, BackupHead } from './backup.ts';

/** A payload has 64 KB at most in any store, and an account few copies. */
export const MAX_LINE_BYTES = 8_388_608;
/** Of the form that is written. Whoever changes what a line holds reads the older forms for as long as files of them are kept. */
const FORM = 1;

const headLine = z.strictObject({ rcm_backup: z.literal(FORM), environment: idSchema, org_id: idSchema, taken_at: z.iso.datetime() });
const copyLine = z.strictObject({ attempt_id: idSchema, payload: z.string() });
const loginLine = z.strictObject({
  endpoint_id: idSchema,
  portal_type: idSchema,
  /** Endpoints may share a secret, which lies under the id of one of them. */
  secret: z.string().refine(isReference),
  version: z.string(),
  payload: z.string(),
  staged: z.array(copyLine),
});
const endLine = z.strictObject({
  end: z.literal(true),
  logins: z.int().nonnegative(),
  key_id: z.string().regex(/^[a-z0-9]{1,16}$/),
  mark: z.string().regex(/^[0-9a-f]{64}$/),
});
export type EndLine = Omit<z.infer<typeof endLine>, 'end'>;

/** What a line says. */
export type BackupLine =
  | { readonly kind: 'head'; readonly head: BackupHead }
  | { readonly kind: 'login'; readonly login: BackedUpLogin }
  | { readonly kind: 'end'; readonly end: EndLine };

export const writeHead = ({ environment, orgId, takenAt }: BackupHead): string =>
  JSON.stringify({ rcm_backup: FORM, environment, org_id: orgId, taken_at: takenAt.toISOString() });

const textOf = ({ endpointId, portalTypeCode, reference, version, text, staged }: BackedUpLogin): Secret<string> =>
  text.map((payload) =>
    JSON.stringify({
      ...{ endpoint_id: endpointId, portal_type: portalTypeCode, secret: reference, version, payload },
      staged: staged.map((copy) => ({ attempt_id: copy.attemptId, payload: copy.text.reveal() })),
    }),
  );

/** A line of a login. Fails with `input_invalid` where `readLine` could not read it again: that is to be known on the day of the backup. */
export function writeLogin(login: BackedUpLogin): Secret<string> {
  const line = textOf(login);
  if (Buffer.byteLength(line.reveal()) > MAX_LINE_BYTES) throw notABackup('one of its lines would be longer than any of a backup');
  readLine(line);
  return line;
}

export const writeEnd = (end: EndLine): string => JSON.stringify({ end: true, ...end });

/** Fails with `input_invalid`, and repeats nothing of the line. */
export function readLine(line: Secret<string>): BackupLine {
  const value = line.map((text): unknown => JSON.parse(text)).reveal();
  const head = headLine.safeParse(value);
  if (head.success) {
    const { environment, org_id: orgId, taken_at: takenAt } = head.data;
    return { kind: 'head', head: { environment, orgId, takenAt: new Date(takenAt) } };
  }
  const end = endLine.safeParse(value);
  if (end.success) return { kind: 'end', end: { logins: end.data.logins, key_id: end.data.key_id, mark: end.data.mark } };
  const login = loginLine.safeParse(value);
  if (!login.success) throw notABackup('one of its lines is none of a backup that this version can read');
  return { kind: 'login', login: loginOf(login.data) };
}

function loginOf({ endpoint_id: endpointId, portal_type: portalTypeCode, secret, version, payload, staged }: z.infer<typeof loginLine>): BackedUpLogin {
  const copies = staged.map((copy) => ({ attemptId: copy.attempt_id, text: new Secret(copy.payload) }));
  return { endpointId, portalTypeCode, reference: secret, version, text: new Secret(payload), staged: copies };
}

export const notABackup = (why: string): RcmError => new RcmError('input_invalid', `The file cannot be read as a backup: ${why}. Nothing was changed.`);

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}
