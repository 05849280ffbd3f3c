import { describe, expect, it } from 'vitest';
import { isProof, judge, type JudgedPassword } from './judgement.ts';

const REFUSALS = ['rejected', 'rejected_or_locked'] as const;
const SUSPECT = { effect: 'suspect', code: 'portal_unexpected' } as const;
const BAD = { effect: 'bad', code: 'login_rejected' } as const;
/** A password that was never seen accepted, at a portal that lets others in. */
const known: JudgedPassword = { fresh: false, provedBefore: false, refusals: 0, health: 'well', mayBeLocked: false };

describe('what a refused login means', () => {
  it.each(REFUSALS)('%s calls a password bad only where others get in, and it never worked or was refused before', (kind) => {
    const table = [
      [{ health: 'well', provedBefore: false, refusals: 0 }, BAD],
      [{ health: 'well', provedBefore: false, refusals: 3 }, BAD],
      [{ health: 'well', provedBefore: true, refusals: 0 }, SUSPECT],
      [{ health: 'well', provedBefore: true, refusals: 1 }, BAD],
      [{ health: 'unknown', provedBefore: false, refusals: 0 }, SUSPECT],
      [{ health: 'unknown', provedBefore: false, refusals: 9 }, SUSPECT],
      [{ health: 'unknown', provedBefore: true, refusals: 9 }, SUSPECT],
      [{ health: 'ill', provedBefore: false, refusals: 0 }, SUSPECT],
      [{ health: 'ill', provedBefore: false, refusals: 9 }, SUSPECT],
      [{ health: 'ill', provedBefore: true, refusals: 9 }, SUSPECT],
    ] as const;
    for (const [state, judgement] of table) expect(judge({ kind }, { ...known, ...state }), JSON.stringify(state)).toEqual(judgement);
  });

  it('one text for wrong and locked calls nothing bad where the account may be locked; a plain refusal does', () => {
    const mayBeLocked = { ...known, refusals: 2, mayBeLocked: true };
    expect(judge({ kind: 'rejected_or_locked' }, mayBeLocked)).toEqual(SUSPECT);
    expect(judge({ kind: 'rejected' }, mayBeLocked)).toEqual(BAD);
  });

  it.each(REFUSALS)('%s of a password that the portal may not know everywhere yet says nothing, whatever else is known', (kind) => {
    for (const health of ['ill', 'well', 'unknown'] as const)
      for (const provedBefore of [true, false])
        for (const refusals of [0, 5])
          expect(judge({ kind }, { fresh: true, provedBefore, refusals, health, mayBeLocked: false })).toEqual({
            effect: 'provisional',
            code: 'login_not_allowed',
          });
  });
});

describe('what any other outcome means', () => {
  it('says nothing about the password', () => {
    const others = ['locked', 'challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced', 'throttled'] as const;
    for (const kind of others) expect(judge({ kind }, known)).toMatchObject({ effect: 'none', code: expect.stringMatching(/^login_/) });
    for (const kind of ['unavailable', 'unknown'] as const)
      expect(judge({ kind, detail: 'a page' }, known)).toMatchObject({ effect: 'none', code: expect.stringMatching(/^portal_/) });
  });

  it('is no error where the login was accepted', () => {
    expect(judge({ kind: 'accepted' }, known)).toEqual({ effect: 'none', code: null });
  });
});

describe('the proof that a password is right', () => {
  it('is a session, or an answer of which the recipe says that the portal gives it only after a right password', () => {
    expect(isProof({ kind: 'accepted' })).toBe(true);
    for (const kind of ['mfa_required', 'mfa_rejected', 'password_expired', 'change_forced', 'challenged'] as const) {
      expect(isProof({ kind, provesPassword: true })).toBe(true);
      expect(isProof({ kind })).toBe(false);
    }
    for (const kind of ['rejected', 'rejected_or_locked', 'locked', 'throttled'] as const) expect(isProof({ kind })).toBe(false);
  });
});
