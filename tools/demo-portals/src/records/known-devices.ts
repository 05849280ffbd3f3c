import { randomBytes } from 'node:crypto';
import type { AccountKey } from './accounts.ts';
import { many, one, run, type Records } from './database.ts';

/** What a browser shows of the device that it is: the token out of its cookie, and the mark out of its storage. */
export interface ShownDevice {
  readonly token: string;
  readonly mark: string;
}

/** As whoever the account names could see it, were they shown. */
export interface KnownDevice extends ShownDevice {
  readonly knownUntil: number;
  /** How often it was let in without a code. */
  readonly used: number;
}

/** The account's devices, those of before too, by how long they are known. */
export const knownDevicesOf = (records: Records, { portal, username }: AccountKey): readonly KnownDevice[] =>
  many<KnownDevice>(
    records,
    'SELECT token, mark, known_until AS knownUntil, used FROM known_device WHERE portal = ? AND username = ? ORDER BY known_until, token',
    portal,
    username,
  );

export function rememberDevice(records: Records, { portal, username }: AccountKey, knownUntil: number): ShownDevice {
  const [token, mark] = [randomBytes(24).toString('base64url'), randomBytes(12).toString('base64url')];
  run(records, 'INSERT INTO known_device (token, mark, portal, username, known_until) VALUES (?, ?, ?, ?, ?)', token, mark, portal, username, knownUntil);
  return { token, mark };
}

/** Whether the device is known at this account, and counts that it was. */
export function useDevice(records: Records, { portal, username }: AccountKey, { token, mark }: ShownDevice, at: number): boolean {
  const where = 'token = ? AND mark = ? AND portal = ? AND username = ? AND known_until > ?';
  if (one(records, `SELECT 1 FROM known_device WHERE ${where}`, token, mark, portal, username, at) === null) return false;
  run(records, 'UPDATE known_device SET used = used + 1 WHERE token = ?', token);
  return true;
}

export function forgetDevices(records: Records, { portal, username }: AccountKey): void {
  run(records, 'DELETE FROM known_device WHERE portal = ? AND username = ?', portal, username);
}
