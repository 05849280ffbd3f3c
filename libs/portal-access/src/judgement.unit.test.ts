import { describe, expect, it } from 'vitest';
import { judge, type VersionStanding } from './judgement.ts';

const unknownVersion: VersionStanding = { fresh: false, acceptedBefore: false };
const worked: VersionStanding = { fresh: false, acceptedBefore: true };
const fresh: VersionStanding = { fresh: true, acceptedBefore: true };

describe('what a login outcome means', () => {
  it.each(['rejected', 'rejected_or_locked'] as const)('%s marks a version bad only where nothing speaks for it', (kind) => {
    expect(judge({ kind }, unknownVersion)).toEqual({ effect: 'version_bad', code: 'login_rejected' });
    expect(judge({ kind }, worked)).toEqual({ effect: 'suspect', code: 'portal_unexpected' });
    expect(judge({ kind }, fresh)).toEqual({ effect: 'provisional', code: 'login_not_allowed' });
  });

  it('nothing but a rejection says anything about the password', () => {
    const others = ['locked', 'challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced', 'throttled'] as const;
    for (const kind of others) expect(judge({ kind }, unknownVersion).effect).toBe('none');
    for (const kind of ['unavailable', 'unknown'] as const) expect(judge({ kind, detail: 'a page' }, unknownVersion).effect).toBe('none');
  });

  it('an accepted login has no error', () => {
    expect(judge({ kind: 'accepted' }, unknownVersion)).toEqual({ effect: 'none', code: null });
  });
});
