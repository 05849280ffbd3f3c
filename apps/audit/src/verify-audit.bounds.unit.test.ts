import { expect, test } from 'vitest';
import { AuditVerifier } from './verify-audit.mjs';

test('what is wrong a hundred thousand times is listed a few times, and counted', () => {
  const verifier = new AuditVerifier({ keys: [] });
  for (let number = 1; number <= 100_000; number += 1) {
    verifier.takeHead(Buffer.from('{"v":#torn'), { from: 'heads', number, complete: true });
    verifier.takeHead(Buffer.from('{}'), { from: 'heads', number, complete: true });
    verifier.takeEvent(Buffer.from('{}'), { complete: true });
  }
  const { findings, unlisted, notes, ok } = verifier.report();
  expect([ok, findings.length, unlisted, notes.length]).toEqual([false, 200, 199_801, 200]);
});
