import { expect } from 'vitest';
import { parsePayload, serializePayload, type StoredSecret } from '@rcm/credentials';
import { type Login, refusals, type RowEnvironment } from './row-environment.fixture.ts';

/** What a person keeps in the secret beside the password. */
export const THEIRS = { note: 'call Ms. Li on Mondays', custom_fields: { npi: '1234567893' }, mfa_seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' };

/** A payload with what they keep in it. */
export const withTheirs = (text: StoredSecret['text']): StoredSecret['text'] =>
  serializePayload(parsePayload(text).map((payload) => ({ ...payload, ...THEIRS })));

/** Agents get in with what is stored, nobody was locked out, and all that they keep is there. */
export async function expectTheirs(row: RowEnvironment, { id }: Login): Promise<void> {
  expect(await row.visit(id)).toBe('in');
  expect(await row.testEnvironment.portalAcceptsStore(id)).toBe(true);
  expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
  expect((await row.open(id)).fields).toMatchObject(THEIRS);
}
