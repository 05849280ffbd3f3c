import { describe, expect, it } from 'vitest';
import { changeEvidence } from './change-evidence.ts';

describe('what an answer to a password change proves', () => {
  it('is that the portal is unchanged only for a rule about the new password', () => {
    for (const rule of ['too_long', 'too_short', 'class_missing', 'rules_not_met'])
      expect(changeEvidence({ kind: 'refused', rule, submitted: true }, false)).toBe('unchanged');
  });

  it('is nothing where a doubled POST would be answered the same', () => {
    for (const rule of ['current_wrong', 'reused']) expect(changeEvidence({ kind: 'refused', rule, submitted: true }, false)).toBe('nothing');
  });

  it('is nothing where the same password may have been submitted before, whatever the rule is called', () => {
    expect(changeEvidence({ kind: 'refused', rule: 'history', submitted: true }, true)).toBe('nothing');
  });

  it('is nothing where the answer was lost', () => {
    expect(changeEvidence({ kind: 'unknown', detail: 'the connection was dropped', submitted: true }, false)).toBe('nothing');
    expect(changeEvidence({ kind: 'applied', submitted: true }, false)).toBe('applied');
  });
});
